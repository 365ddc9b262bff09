import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  canonicalSubject,
  joinThreads,
  type ThreadedMail,
  type ThreadRow,
} from '../../../../jobs/mail-triage/threads/threads.ts';

const mail = (messageId: string, rest: Partial<ThreadedMail> = {}): ThreadedMail => ({
  messageId,
  inReplyTo: '',
  references: [],
  subject: 'Tea',
  ...rest,
});

/** Joins mails in batches, as runs do, and tells which ids are together. */
function threadsOf(batches: readonly (readonly ThreadedMail[])[]): string[][] {
  const stored = new Map<string, ThreadRow>();
  for (const batch of batches) {
    const { rows, merged } = joinThreads(batch, [...stored.values()]);
    for (const row of stored.values())
      if (merged.has(row.thread))
        stored.set(row.messageId, { ...row, thread: merged.get(row.thread)! });
    for (const row of rows) stored.set(row.messageId, row);
  }
  const own = new Set(batches.flat().map(({ messageId }) => messageId));
  const groups = Map.groupBy(
    [...stored.values()].filter(({ messageId }) => own.has(messageId)),
    ({ thread }) => thread,
  );
  return [...groups.values()]
    .map((rows) => rows.map(({ messageId }) => messageId).sort())
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

test('an answer joins what it answers, whatever its subject', () => {
  expect(threadsOf([[mail('a'), mail('b', { inReplyTo: 'a', subject: 'Coffee' })]])).toEqual([
    ['a', 'b'],
  ]);
});

test('equal subjects alone join nothing', () => {
  expect(threadsOf([[mail('a'), mail('b')]])).toEqual([['a'], ['b']]);
});

test('references join where the subject is the same', () => {
  expect(
    threadsOf([[mail('a'), mail('b', { references: ['a'], subject: 'AW: Re: [list] Tea' })]]),
  ).toEqual([['a', 'b']]);
});

test('references do not join a new conversation that began as an answer', () => {
  expect(threadsOf([[mail('a'), mail('b', { references: ['a'], subject: 'Holidays' })]])).toEqual([
    ['a'],
    ['b'],
  ]);
});

test('two answers to a mail that never came are together', () => {
  expect(threadsOf([[mail('b', { inReplyTo: 'a' })], [mail('c', { inReplyTo: 'a' })]])).toEqual([
    ['b', 'c'],
  ]);
});

test('a mail that came late joins the threads on both its sides', () => {
  const late = mail('b', { inReplyTo: 'a' });
  expect(
    threadsOf([
      [mail('a')],
      [mail('c', { inReplyTo: 'b' }), mail('d', { inReplyTo: 'c' })],
      [late],
    ]),
  ).toEqual([['a', 'b', 'c', 'd']]);
});

test('the order and the cut of batches change nothing', () => {
  const family = Array.from({ length: 12 }, (_, at) =>
    mail(`m${at}`, at % 4 === 0 ? {} : { inReplyTo: `m${at - 1}` }),
  );
  const expected = threadsOf([family]);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(family, { minLength: 12 }),
      fc.integer({ min: 1, max: 12 }),
      (mails, size) => {
        const batches = Array.from({ length: Math.ceil(12 / size) }, (_, at) =>
          mails.slice(at * size, (at + 1) * size),
        );
        expect(threadsOf(batches)).toEqual(expected);
      },
    ),
  );
});

test.each([
  ['Re: Fwd: Tea', 'tea'],
  ['[list] Re: [list] Tea', 'tea'],
  ['AW: WG: RE[2]:  Tea  time', 'tea time'],
  ['Regarding tea', 'regarding tea'],
])('the canonical subject of "%s" is "%s"', (subject, canonical) => {
  expect(canonicalSubject(subject)).toBe(canonical);
});
