import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import type { Uniqueness } from '../../src/core/uniqueness.ts';
import { findAdopted, forgetAdopted, listAdopted } from '../../src/ledger/adopted.ts';
import { cancelRuns } from '../../src/ledger/cancel.ts';
import { claimRefused, claimRuns } from '../../src/ledger/claim.ts';
import {
  acceptKeyed,
  expireRuns,
  failStranded,
  findAdoptedEnd,
  findBelongings,
  findRun,
  findTree,
  findUnfinished,
  holdRuns,
  insertOutbox,
  insertRuns,
  isRecorded,
  leaseOutbox,
  ledgerMigrations,
  listAhead,
  listAncestors,
  listEnded,
  listFailures,
  listFanOut,
  listFenced,
  listFirings,
  listLeftWaiting,
  listOrphans,
  listOverdue,
  listReplays,
  listRuns,
  listStray,
  listTaken,
  listUnfinished,
  listUnknownJobs,
  listWaiting,
  listWaitingSchedules,
  newId,
  previewBulk,
  recordChecks,
  renewDeliveries,
  sweepKeys,
} from '../../src/ledger/index.ts';
import { recordOutcomes, recordSuccesses } from '../../src/ledger/record.ts';
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
  known: [],
  job: 'adding',
  unchecked: false,
  graceMs: 1000,
  error: { name: 'x', message: 'x' },
};
const fingerprint = '0123456789abcdef';
const claim = { run: id, delivery: id, worker: id };
const fence = { run: id, delivery: id, attempt: 1 };
const statements: [string, (sql: Sql) => Promise<unknown>][] = [
  ['find a run', (sql) => findRun(sql, id)],
  ['list the newest runs', (sql) => listRuns(sql, { limit: 50 })],
  ['list the runs of a job', (sql) => listRuns(sql, { job: 'adding', limit: 50 })],
  [
    'list the runs of the jobs that a key is limited to',
    (sql) => listRuns(sql, { within: ['adding', 'rare-job'], limit: 50 }),
  ],
  [
    'list them by the beginnings of their names',
    (sql) => listRuns(sql, { within: ['add*'], limit: 50 }),
  ],
  [
    'group what failed of the jobs that a key is limited to',
    (sql) => listFailures(sql, { within: ['adding'], limit: 50 }),
  ],
  [
    'count what a bulk action of a key that is limited to jobs would take',
    (sql) => previewBulk(sql, { filter: { within: ['rare-job'] }, most: null }),
  ],
  ['list what is queued', (sql) => listRuns(sql, { states: ['queued'], limit: 50 })],
  ['claim', (sql) => claimRuns(sql, [claim])],
  ['claim in a week', (sql) => claimRuns(sql, [claim], `nightshift.${partition}`)],
  ['look at what was not claimed', (sql) => claimRefused(sql, [claim], 15_000)],
  [
    'record an outcome',
    (sql) => recordOutcomes(sql, [{ fence, outcome: { state: 'succeeded', result: 1 } }]),
  ],
  [
    'record a success in a week',
    (sql) =>
      recordSuccesses(
        sql,
        [{ fence, outcome: { state: 'succeeded', result: 1 } }],
        `nightshift.${partition}`,
      ),
  ],
  [
    'look whether an outcome is recorded',
    (sql) => isRecorded(sql, { fence, outcome: { state: 'succeeded', result: 1 } }),
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
  ['see how far an adopted run is', (sql) => findAdoptedEnd(sql, id)],
  ['list what is ahead of all workers', (sql) => listAhead(sql, 15_000)],
  ['find lost attempts', (sql) => listFenced(sql, [fence])],
  ['hold the runs of a batch', (sql) => holdRuns(sql, [fence])],
  ['share deliveries', (sql) => renewDeliveries(sql, [{ id, delivery: id, next: id }])],
  ['find what waited in the bundles of dead workers', (sql) => listLeftWaiting(sql, [id])],
  ['find the runs of dead workers', (sql) => listOrphans(sql, [id], { after: id, limit: 1000 })],
  ['find where a walk ends', (sql) => findUnfinished(sql, id, 20_000)],
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
  ['list the children of a run', (sql) => listRuns(sql, { parent: id, limit: 50 })],
  ['find the line above a run', (sql) => listAncestors(sql, id, 32)],
  ['find the tree below a run', (sql) => findTree(sql, id)],
  ['find what belongs to a run', (sql) => findBelongings(sql, id)],
  ['list a fan-out', (sql) => listFanOut(sql, id, 'all x')],
  ['read how children ended', (sql) => listEnded(sql, [id])],
  [
    'record a run that waits',
    (sql) => {
      const error = { name: 'Waiting', message: 'waits' };
      const outcome = { state: 'blocked', why: 'waiting', error, failures: 0 } as const;
      return recordOutcomes(sql, [{ fence, outcome }]);
    },
  ],
];

test.each(statements)('to %s, the ledger is not read from end to end', async (_, work) => {
  const plans = await plansOf(work);
  expect(plans).toMatch(new RegExp(`Index.* on ${partition}|Bitmap Heap Scan on ${partition}`));
  expect(plans).not.toContain(`Seq Scan on ${partition}`);
});

test('a page of the runs of a rare job among very many is found by its name alone', async () => {
  const plan = await plansOf((sql) => listRuns(sql, { within: ['rare-job'], limit: 50 }));
  expect(plan).toContain('_job_id_idx');
  expect(plan).not.toContain('_pkey on');
});

describe('with many firings', () => {
  beforeAll(async () => {
    const { database } = place;
    await database.query(
      `insert into nightshift.firings (schedule, due, at, state, run_id, fired_at)
       select 'tick-' || i % 10, timestamptz '2026-01-01' + i * interval '1 second', now(),
         case when i % 3 = 0 then 'skipped' else 'fired' end,
         case when i % 3 = 0 then null else (select id from nightshift.runs order by id limit 1) end,
         case when i % 3 = 0 then null else now() - i * interval '1 second' end
       from generate_series(1, 20000) as i`,
    );
    await database.query('analyze nightshift.firings');
  });

  test.each<[string, (sql: Sql) => Promise<unknown>]>([
    ['list the newest', (sql) => listFirings(sql, 'tick-1', { limit: 20 })],
    ['find the runs that go on', (sql) => listUnfinished(sql, 'tick-1')],
    ['find those that wait', (sql) => listWaiting(sql, 'tick-1')],
    ['find the schedules of those that wait', (sql) => listWaitingSchedules(sql)],
    ['find what has fired of a range', (sql) => listTaken(sql, 'tick-1', [new Date()])],
  ])('to %s, they are not read from end to end', async (_, work) => {
    const plans = await plansOf(work);
    expect(plans).toMatch(/Index.* firings|Index.* on firings/);
    expect(plans).not.toContain('Seq Scan on firings');
    expect(plans).not.toContain(`Seq Scan on ${partition}`);
  });
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

test('what foreign jobs became is found by its names, among very many', async () => {
  const { database } = place;
  await database.query(
    `insert into nightshift.adopted (delivery, run_id, job_id, job_name)
     select gen_random_uuid(), nightshift.new_id(), n::text, 'n' from generate_series(1, 20000) n`,
  );
  await database.query('analyze nightshift.adopted');
  expect(await plansOf((sql) => findAdopted(sql, id))).toContain('Index Scan using adopted_run');
  const old = await plansOf((sql) => forgetAdopted(sql, 86_400_000));
  expect(old).toContain('adopted_run');
  const run = { id, delivery: id, job: 'adding', version: 1, payload: {}, priority: 0 };
  const again = await plansOf((sql) => listAdopted(sql, [{ run, jobId: '1', jobName: 'n' }]));
  expect(again).toContain('using adopted_pkey');
});

test('keys are taken and swept without reading a table from end to end', async () => {
  const { database } = place;
  await database.query(
    `insert into nightshift.unique_keys (job, rule, key, run_id)
     select 'adding', 'unique', 'key ' || row_number() over (), id from nightshift.runs where finished_at is not null`,
  );
  await database.query('analyze nightshift.unique_keys');
  const run = { delivery: newId(), job: 'adding', version: 1, payload: {}, priority: 0 };
  const keyed = (uniqueness: Uniqueness) => ({ ...run, id: newId(), uniqueness });
  await database.transaction(async (tx) => {
    const countScans = () =>
      tx.query<{ relname: string; seq_scan: number }>(
        `select relname, seq_scan from pg_stat_xact_user_tables
         where relname in ('unique_keys', $1) order by relname`,
        [partition],
      );
    const before = await countScans();
    const rules = ['unique', 'debounce', 'throttle'] as const;
    for (let i = 0; i < 10; i++)
      await acceptKeyed(
        tx,
        rules.map((rule) => keyed({ rule, key: `key ${i}`, forMs: 1000 })),
        { posts: true },
      );
    expect(await countScans()).toEqual(before);
  });
  const plan = await plansOf((sql) => sweepKeys(sql, ['', '', ''], 100));
  expect(plan).not.toContain('Seq Scan on unique_keys');
  expect(plan).not.toContain(`Seq Scan on ${partition}`);
});
