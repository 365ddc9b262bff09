import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { mailTriage, mailTriageMigrations } from '../../../jobs/mail-triage/index.ts';
import { listActions, listImportant, type StoredMail } from '../../../jobs/mail-triage/view.ts';
import { openMailboxes } from '../../../src/connectors/mailbox/index.ts';
import { correctDecision } from '../../../src/documents/index.ts';
import { openTestbed, type Testbed } from '../../../src/testing/index.ts';
import { composeMail, type MailText } from './compose.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed({ migrations: mailTriageMigrations });
});
afterAll(() => testbed.close());

let folder: string;
let name: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-conversations-'));
  name = basename(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ada = 'Ada <ada@analytical.example>';
const grace = 'Grace <grace@harbour.example>';

/** Writes a mail under a name that is its Message-ID too, and its day of March. */
async function arrive(day: number, mail: MailText, answered?: number): Promise<void> {
  const text = composeMail({
    subject: 'Tides',
    ...mail,
    headers: {
      'Message-ID': `<${day}@x>`,
      Date: `Tue, ${String(day).padStart(2, '0')} Mar 2026 09:30:00 +0000`,
      ...(answered === undefined ? {} : { 'In-Reply-To': `<${answered}@x>` }),
      ...mail.headers,
    },
  });
  await writeFile(join(folder, `${String(day).padStart(2, '0')}.eml`), text);
}

const triage = () =>
  testbed.runJob(
    mailTriage,
    { mailbox: name },
    { connectors: { mailbox: openMailboxes({ named: { [name]: folder } }) } },
  );

const stored = () =>
  testbed.sql.query<StoredMail & { category: string }>(
    `select title, data, facets ->> 'category' as category from nightshift.documents
     where facets ->> 'mailbox' = $1 order by key`,
    [name],
  );
const categories = async () => (await stored()).map(({ category }) => category);

/** Grace is the owner, by mails that have nothing to do with the conversation. */
async function fillMailbox(): Promise<void> {
  for (const day of [28, 29, 30]) await arrive(day, { from: `p${day}@x.example`, to: grace });
}

test('an answer that a later run reads settles the question of an earlier one', async () => {
  await fillMailbox();
  await arrive(2, { from: ada, to: grace, body: 'Could you send me the tide table by Friday?' });
  await triage();
  expect((await categories())[0]).toBe('to-reply');
  expect(listActions(await stored(), 5)).toHaveLength(1);

  await arrive(3, { from: grace, to: ada, body: 'Here it is. Do you want the next one too?' }, 2);
  const second = await triage();
  expect(second.result).toMatchObject({ read: 1, revised: 1 });
  expect((await categories()).slice(0, 2)).toEqual(['fyi', 'waiting']);
  const mails = await stored();
  expect(listActions(mails, 5)).toEqual([]);
  expect(listImportant(mails, 9).map(({ from }) => from)).not.toContain('Grace');
  expect(mails[0]?.data).toMatchObject({ settled: 'you answered on 2026-03-03' });

  await arrive(4, { from: ada, to: grace, body: 'Yes, that would be good.' }, 3);
  await triage();
  expect((await categories()).slice(0, 3)).toEqual(['fyi', 'fyi', 'fyi']);
});

test('question and answer in one batch are settled at once', async () => {
  await fillMailbox();
  await arrive(2, { from: ada, to: grace, body: 'Could you send me the tide table?' });
  await arrive(3, { from: grace, to: ada, body: 'Here it is.' }, 2);
  expect((await triage()).result).toMatchObject({ read: 5, revised: 0 });
  expect((await categories()).slice(0, 2)).toEqual(['fyi', 'fyi']);
});

test('what a person corrected stays as it is', async () => {
  await fillMailbox();
  await arrive(2, { from: ada, to: grace, body: 'Could you send me the tide table?' });
  await triage();
  const decisionOf = () =>
    testbed.sql.query<{ id: string; answer: string; corrected: string | null }>(
      `select decisions.id, answer, corrected_answer as corrected from nightshift.decisions
       join nightshift.documents on documents.id = document
       where question = 'category' and key = $1`,
      [`${name}/02.eml`],
    );
  const [decision] = await decisionOf();
  await correctDecision(testbed.sql, { id: decision!.id, answer: 'to-reply', by: 'user:grace' });
  await arrive(3, { from: grace, to: ada, body: 'Here it is.' }, 2);
  expect((await triage()).result).toMatchObject({ read: 1, revised: 0 });
  expect((await categories())[0]).toBe('to-reply');
  expect(await decisionOf()).toMatchObject([{ answer: 'to-reply', corrected: 'to-reply' }]);
});

test('a question that came back undelivered waits for nobody', async () => {
  await fillMailbox();
  await arrive(2, { from: grace, to: ada, body: 'Could you send me the tide table?' });
  const report = [
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Action: failed',
    '--b',
    'Content-Type: message/rfc822',
    '',
    'Message-ID: <2@x>',
    'Subject: Tides',
    '',
    'Could you send me the tide table?',
    '--b--',
  ];
  await arrive(3, {
    from: 'MAILER-DAEMON@analytical.example',
    to: grace,
    subject: 'Undelivered',
    headers: { 'Content-Type': 'multipart/report; boundary=b', 'Auto-Submitted': 'auto-replied' },
    body: report.join('\r\n'),
  });
  await triage();
  const [question] = await stored();
  expect(question).toMatchObject({
    category: 'fyi',
    data: { settled: 'could not be delivered on 2026-03-03' },
  });
});
