import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { cancelRuns } from '../../src/ledger/cancel.ts';
import { claimRuns } from '../../src/ledger/claim.ts';
import {
  expireRuns,
  failStranded,
  findRun,
  insertOutbox,
  insertRuns,
  leaseOutbox,
  ledgerMigrations,
  listFailures,
  listFenced,
  listOrphans,
  listOverdue,
  listReplays,
  listRuns,
  listStray,
  listUnknownJobs,
  newId,
  previewBulk,
  recordChecks,
} from '../../src/ledger/index.ts';
import { recordOutcomes } from '../../src/ledger/record.ts';
import { retryRuns } from '../../src/ledger/retry.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let place: TestDatabase;
/** The partition that holds the runs; the planner reads the empty ones as it likes. */
let partition: string;
const finished = 20_000;
const id = newId();
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
  const { database } = place;
  const run = { delivery: newId(), job: 'adding', version: 1, payload: {}, priority: 0 };
  for (let i = 0; i < finished / 5000; i++)
    await insertRuns(
      database,
      Array.from({ length: 5000 }, () => ({ ...run, id: newId() })),
    );
  await database.query(`update nightshift.runs set state = 'succeeded', finished_at = now()`);
  await database.query(
    `update nightshift.runs set state = 'failed', error = '{"fingerprint":"0123456789abcdef"}'
     where id in (select id from nightshift.runs order by id limit 20)`,
  );
  await insertRuns(database, [{ ...run, id }]);
  await database.query('analyze nightshift.runs');
  const [row] = await database.query<{ name: string }>(
    `select tableoid::regclass::text as name from nightshift.runs limit 1`,
  );
  partition = row!.name.replace('nightshift.', '');
});
afterAll(() => place[Symbol.asyncDispose]());

/** The plans of the statements that `work` would run. */
async function plansOf(work: (sql: Sql) => Promise<unknown>): Promise<string> {
  const plans: string[] = [];
  const explaining: Sql = {
    async query(text, values) {
      const rows = await place.database.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return [];
    },
  };
  await work(explaining).catch(() => undefined);
  return plans.join('\n');
}

const stranded = {
  job: 'adding',
  unchecked: false,
  graceMs: 1000,
  error: { name: 'x', message: 'x' },
};
const fingerprint = '0123456789abcdef';
const fence = { run: id, delivery: id, attempt: 1 };
const statements: [string, (sql: Sql) => Promise<unknown>][] = [
  ['find a run', (sql) => findRun(sql, id)],
  ['list the newest runs', (sql) => listRuns(sql, { limit: 50 })],
  ['list the runs of a job', (sql) => listRuns(sql, { job: 'adding', limit: 50 })],
  ['list what is queued', (sql) => listRuns(sql, { states: ['queued'], limit: 50 })],
  [
    'claim, and take over',
    (sql) => claimRuns(sql, [{ run: id, delivery: id, worker: id }], 15_000),
  ],
  [
    'record an outcome',
    (sql) => recordOutcomes(sql, [{ fence, outcome: { state: 'succeeded', result: 1 } }]),
  ],
  ['list what failed', (sql) => listRuns(sql, { states: ['failed'], limit: 50 })],
  ['list the runs of one cause', (sql) => listRuns(sql, { fingerprint, limit: 50 })],
  ['list what was cancelled', (sql) => listRuns(sql, { states: ['cancelled'], limit: 50 })],
  ['group what failed by its cause', (sql) => listFailures(sql, { limit: 50 })],
  [
    'count what a retry would take',
    (sql) => previewBulk(sql, { filter: { states: ['failed'], job: 'adding' }, most: null }),
  ],
  ['retry runs', (sql) => retryRuns(sql, [{ id }])],
  ['cancel runs', (sql) => cancelRuns(sql, [id], 'no')],
  ['find the replays of a run', (sql) => listReplays(sql, id)],
  ['find lost attempts', (sql) => listFenced(sql, [fence])],
  ['find the runs of dead workers', (sql) => listOrphans(sql, [id], 1000)],
  [
    'find what its worker does not know of',
    (sql) => listStray(sql, { from: id, to: last, detectionMs: 15_000 }),
  ],
  ['find what the queue may have lost', (sql) => listOverdue(sql, id, { ms: 10_000, limit: 1000 })],
  ['find what has expired', (sql) => expireRuns(sql, { name: 'x', message: 'x' }, 1000)],
  ['take rows of the outbox', (sql) => leaseOutbox(sql, { jobs: ['adding'], limit: 500 })],
  ['post a run', (sql) => insertOutbox(sql, [{ id, delivery: id }])],
  ['write what was checked', (sql) => recordChecks(sql, [{ id, delivery: id }])],
  [
    'list the jobs that nobody knows',
    (sql) => listUnknownJobs(sql, { known: ['adding'], graceMs: 1000 }),
  ],
  ['end the runs of one', (sql) => failStranded(sql, stranded, 1000)],
];

test.each(statements)('to %s, the ledger is not read from end to end', async (_, work) => {
  const plans = await plansOf(work);
  expect(plans).toMatch(new RegExp(`Index.* on ${partition}|Bitmap Heap Scan on ${partition}`));
  expect(plans).not.toContain(`Seq Scan on ${partition}`);
});

test('a run is looked up in its own partition alone', async () => {
  const plan = await plansOf((sql) => findRun(sql, id));
  expect(new Set(plan.match(/runs_\d{4}w\d\d/g)).size).toBe(1);
});

test('a relay takes its rows in order from the head of a long outbox, not by sorting it', async () => {
  const { database } = place;
  await database.query(
    `insert into nightshift.outbox (run_id, delivery)
     select gen_random_uuid(), gen_random_uuid() from generate_series(1, 20000)`,
  );
  await database.query('analyze nightshift.outbox');
  const plan = await plansOf((sql) => leaseOutbox(sql, { jobs: ['adding'], limit: 500 }));
  expect(plan).toContain('Index Scan using outbox_order');
  expect(plan).toContain('Tid Scan on outbox');
  expect(plan).not.toContain('Seq Scan on outbox');
});

test('a claim writes to no index: none names a column that it changes', async () => {
  const { database } = place;
  const [row] = await database.query<{ columns: string[] }>(
    `select array_agg(distinct a.attname::text) as columns from pg_index i
     join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
       and d.refobjid = i.indrelid and d.refobjsubid > 0
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
     where i.indrelid = 'nightshift.runs'::regclass`,
  );
  const named = row!.columns;
  expect(named).toEqual(
    expect.arrayContaining(['id', 'job', 'finished_at', 'error', 'fingerprint']),
  );
  for (const changed of ['state', 'attempt', 'worker', 'started_at', 'losses', 'progress'])
    expect(named).not.toContain(changed);
});
