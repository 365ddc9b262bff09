import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { mailTriage, mailTriageMigrations } from '../../../jobs/mail-triage/index.ts';
import {
  listActions,
  listCategories,
  listFindings,
  listImportant,
  type StoredMail,
} from '../../../jobs/mail-triage/view.ts';
import { openMailboxes } from '../../../src/connectors/mailbox/index.ts';
import type { Mailboxes } from '../../../src/core/connectors.ts';
import { openTestbed, type Testbed } from '../../../src/testing/index.ts';
import { composeMail } from './compose.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed({ migrations: mailTriageMigrations });
});
afterAll(() => testbed.close());

/** Each test has a mailbox of its own, by a name of its own. */
let folder: string;
let name: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-triage-'));
  name = basename(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Mailboxes that note what is read of them, and do something before. */
function watchedMailboxes({
  onRead,
}: {
  onRead?: (id: string, count: number) => Promise<void> | undefined;
} = {}) {
  const read: string[] = [];
  const real = openMailboxes({ named: { [name]: folder } });
  const mailbox: Mailboxes = {
    async open(name) {
      const opened = await real.open(name);
      return {
        name: opened.name,
        async *entries() {
          for await (const entry of opened.entries()) {
            yield {
              ...entry,
              read: async (maxBytes?: number) => {
                read.push(entry.id);
                await onRead?.(entry.id, read.length);
                return entry.read(maxBytes);
              },
            };
          }
        },
      };
    },
  };
  return { mailbox, read };
}

async function writeMails(count: number, from = 0): Promise<void> {
  for (let at = from; at < from + count; at++) {
    const mail = composeMail({
      subject: `Report ${at}`,
      headers: {
        'Message-ID': `<${at}@x>`,
        ...(at % 5 === 0 ? {} : { 'In-Reply-To': `<${at - 1}@x>` }),
      },
      body: at % 2 === 0 ? `Could you check report ${at} by Friday?` : 'Done. It looks fine to me.',
    });
    await writeFile(join(folder, `${String(at).padStart(4, '0')}.eml`), mail);
  }
}

const storedMails = () =>
  testbed.sql.query<StoredMail>(
    "select title, data from nightshift.documents where facets ->> 'mailbox' = $1 order by key",
    [name],
  );

test('every mail is stored once, with decisions and threads, and a second run reads nothing', async () => {
  await writeMails(120);
  const first = watchedMailboxes();
  const run = await testbed.runJob(mailTriage, { mailbox: name }, { connectors: first });
  expect(run).toMatchObject({
    state: 'succeeded',
    result: { read: 120, known: 0, remaining: 0, mailbox: name, findings: [] },
  });
  expect(run.steps).toEqual(['list new mails', 'mails 1-50', 'mails 51-100', 'mails 101-120']);
  expect(await storedMails()).toHaveLength(120);
  const [decisions] = await testbed.sql.query<{ count: number }>(
    "select count(*)::int as count from nightshift.decisions join nightshift.documents on documents.id = document where facets ->> 'mailbox' = $1",
    [name],
  );
  expect(decisions!.count).toBe(240);
  const threads = await testbed.sql.query(
    'select distinct thread from nightshift.mail_triage_threads where mailbox = $1',
    [name],
  );
  expect(threads).toHaveLength(24);

  const second = watchedMailboxes();
  const again = await testbed.runJob(mailTriage, { mailbox: folder }, { connectors: second });
  expect(again.result).toMatchObject({ read: 0, known: 120, remaining: 0 });
  expect(second.read).toEqual([]);
});

test('a run that died in the middle goes on: no stored mail is read again, and the result counts all', async () => {
  await writeMails(120);
  const { mailbox, read } = watchedMailboxes({
    onRead: (_, count) =>
      count === 70 ? Promise.reject(new Error('the power went out')) : undefined,
  });
  const run = await testbed.runJob(mailTriage, { mailbox: name }, { connectors: { mailbox } });
  expect(run).toMatchObject({ state: 'succeeded', attempts: 2, result: { read: 120, known: 0 } });
  expect(Object.values(run.result.categories).reduce((sum, count) => sum + count, 0)).toBe(120);
  expect(read.filter((id) => id < '0050.eml')).toHaveLength(50);
  expect(await storedMails()).toHaveLength(120);
});

test('the limit leaves the rest to the next run', async () => {
  await writeMails(30);
  const run = await testbed.runJob(
    mailTriage,
    { mailbox: name, limit: 20 },
    { connectors: watchedMailboxes() },
  );
  expect(run.result).toMatchObject({ read: 20, remaining: 10 });
  const next = await testbed.runJob(
    mailTriage,
    { mailbox: name, limit: 20 },
    { connectors: watchedMailboxes() },
  );
  expect(next.result).toMatchObject({ read: 10, known: 20, remaining: 0 });
});

test('broken mails are findings, not failures', async () => {
  await writeMails(2);
  await writeFile(join(folder, 'a-nul.eml'), 'From: a@b.example\nSubject: a\0b\n\nhel\0lo \ud83d');
  await writeFile(join(folder, 'b-empty.eml'), '');
  await writeFile(join(folder, 'c-huge.eml'), composeMail({ subject: 'Huge' }));
  await truncate(join(folder, 'c-huge.eml'), 50 * 1024 * 1024);
  const run = await testbed.runJob(
    mailTriage,
    { mailbox: name },
    { connectors: watchedMailboxes() },
  );
  expect(run).toMatchObject({ state: 'succeeded', result: { read: 5 } });
  const findings = listFindings(run.result).map(([mail, finding]) => `${mail}: ${finding}`);
  expect(findings).toContain('a-nul.eml: the mail has NUL bytes in it');
  expect(findings).toContain('b-empty.eml: the mail has no headers');
  expect(findings).toContain('c-huge.eml: the mail has 50 MB; only its first 4 MB were read');
});

test('a mail that vanishes between listing and reading is a finding', async () => {
  await writeMails(3);
  const { mailbox } = watchedMailboxes({
    onRead: (id) => (id === '0001.eml' ? rm(join(folder, id)) : undefined),
  });
  const run = await testbed.runJob(mailTriage, { mailbox: name }, { connectors: { mailbox } });
  expect(run.result).toMatchObject({
    read: 2,
    findings: [{ mail: '0001.eml', finding: 'the mail was gone before it could be read' }],
  });
});

test('an empty mailbox is said plainly', async () => {
  const run = await testbed.runJob(
    mailTriage,
    { mailbox: name },
    { connectors: watchedMailboxes() },
  );
  expect(run.result).toMatchObject({ read: 0, known: 0, remaining: 0 });
  expect(run.log).toContain(`The mailbox ${name} has no mails.`);
});

test('the views show what matters first, with reasons, and what is due', async () => {
  await writeMails(4);
  await writeFile(
    join(folder, 'sale.eml'),
    composeMail({
      subject: 'Sale: 30% off',
      headers: { 'List-Unsubscribe': '<x>' },
      html: '<p>Sale, shop now</p>',
    }),
  );
  const run = await testbed.runJob(
    mailTriage,
    { mailbox: name },
    { connectors: watchedMailboxes() },
  );
  const mails = await storedMails();
  const important = listImportant(mails, 3);
  expect(important[0]).toMatchObject({ category: 'to-reply', from: 'Ada Lovelace' });
  expect(important[0]!.why.join()).toContain('asks you');
  expect(important.map(({ subject }) => subject)).not.toContain('Sale: 30% off');
  expect(listActions(mails, 10)).toEqual([
    {
      due: '2026-03-06',
      sentence: 'Could you check report 0 by Friday?',
      from: 'Ada Lovelace',
      subject: 'Report 0',
    },
    {
      due: '2026-03-06',
      sentence: 'Could you check report 2 by Friday?',
      from: 'Ada Lovelace',
      subject: 'Report 2',
    },
  ]);
  expect(Object.fromEntries(listCategories(run.result))).toEqual({
    'to-reply': 2,
    fyi: 2,
    marketing: 1,
  });
});
