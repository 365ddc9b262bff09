import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  insertRuns,
  ledgerMigrations,
  listRuns,
  newId,
  previewBulk,
} from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let place: TestDatabase;
const made: { readonly id: string; readonly job: string }[] = [];

beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
  const jobs = ['mail', 'mail-send', 'mailbox', 'report', 'report-daily', 'backup'];
  for (let n = 0; n < 30; n++) made.push({ id: newId(), job: jobs[n % jobs.length]! });
  await insertRuns(
    place.database,
    made.map((run) => ({ ...run, delivery: newId(), version: 1, payload: {}, priority: 0 })),
  );
});
afterAll(() => place[Symbol.asyncDispose]());

const idsOf = (isIn: (job: string) => boolean) =>
  made
    .filter(({ job }) => isIn(job))
    .map(({ id }) => id)
    .toReversed();

test.each<[string[], (job: string) => boolean]>([
  [['report'], (job) => job === 'report'],
  [['mail-*', 'backup', 'backup'], (job) => job === 'mail-send' || job === 'backup'],
  [['mail*'], (job) => job.startsWith('mail')],
  [['*'], () => true],
  [['nothing*', 'none'], () => false],
])('pages of the runs of %j come once each, the newest first', async (within, isIn) => {
  const paged: string[] = [];
  for (let before: string | undefined; ; before = paged.at(-1)) {
    const page = await listRuns(place.database, { within, limit: 4, before });
    paged.push(...page.map(({ id }) => id));
    if (page.length === 0) break;
  }
  expect(paged).toEqual(idsOf(isIn));
  const { matched } = await previewBulk(place.database, { filter: { within }, most: null });
  expect(matched).toBe(paged.length);
});

test('a job beyond the scope is not found by its name either', async () => {
  const find = (job: string) => listRuns(place.database, { job, within: ['mail*'], limit: 10 });
  expect(await find('mailbox')).toHaveLength(5);
  expect(await find('report')).toEqual([]);
});
