import { expect, test } from 'vitest';
import { settleThreads, type ThreadMail } from '../../../../jobs/mail-triage/threads/settle.ts';

const mail = (id: string, rest: Partial<ThreadMail> = {}): ThreadMail => ({
  id,
  thread: 't',
  sender: 'ada@x.example',
  sentAt: new Date(`2026-03-0${id}T09:00:00Z`),
  role: 'person',
  category: 'fyi',
  isSettled: false,
  ...rest,
});
const asks = { category: 'to-reply' } as const;
const own = { role: 'owner', sender: 'me@x.example' } as const;
const settle = (...mails: ThreadMail[]) =>
  Object.fromEntries(
    [...settleThreads(mails)].map(([id, { category, reason }]) => [id, `${category}: ${reason}`]),
  );

test('a question that the owner answered later is fyi', () => {
  expect(settle(mail('1', asks), mail('2', own))).toEqual({ 1: 'fyi: you answered on 2026-03-02' });
});

test('an answer dated earlier, or in another conversation, settles nothing', () => {
  expect(settle(mail('2', asks), mail('1', own))).toEqual({});
  expect(settle(mail('1', asks), mail('2', { ...own, thread: 'u' }))).toEqual({});
});

test('of several questions only the last waits', () => {
  expect(settle(mail('1', asks), mail('2', asks))).toEqual({
    1: 'fyi: a later mail of the conversation asks on 2026-03-02',
  });
});

test('a question stays open when its sender only adds something', () => {
  expect(settle(mail('1', asks), mail('2'))).toEqual({});
});

test("the owner's question waits until a person answers; programs do not", () => {
  const question = mail('1', { ...own, category: 'waiting' });
  expect(settle(question, mail('2', { role: 'program', category: 'notification' }))).toEqual({});
  expect(settle(question, mail('2'))).toEqual({ 1: 'fyi: was answered on 2026-03-02' });
  expect(settle(question, mail('2', { role: 'bounce', category: 'notification' }))).toEqual({
    1: 'fyi: could not be delivered on 2026-03-02',
  });
});

test('who reminds of an unanswered offer still offers', () => {
  expect(settle(mail('1', { category: 'cold' }), mail('2', asks))).toEqual({
    2: 'cold: goes on with a mail that is cold',
  });
  expect(settle(mail('1', { category: 'cold' }), mail('2', own), mail('3', asks))).toEqual({});
});

test('what was settled is left alone, and what has no date is never an answer', () => {
  expect(settle(mail('1', { ...asks, isSettled: true }), mail('2', own))).toEqual({});
  expect(settle(mail('1', asks), mail('2', { ...own, sentAt: null }))).toEqual({});
});
