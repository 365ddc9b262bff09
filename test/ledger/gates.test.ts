import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import {
  acceptIn,
  changeLanes,
  findHold,
  hasGateWork,
  ledgerMigrations,
  listLanes,
  lockGate,
  newId,
  plantGates,
  releaseRuns,
  settleGate,
  surveyGate,
} from '../../src/ledger/index.ts';
import { passGate } from '../../src/runtime/gate-pass.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { jobOf } from '../support/job.ts';

const key = () => 'x';
const end = () => Promise.resolve();
const keys = 2000;
const oneKey = 30_000;

let place: TestDatabase;
/** The partition that holds the runs; the planner reads the empty ones as it likes. */
let partition: string;
beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
  await plantGates(place.database, [
    jobOf('limited', end, { key, concurrency: { total: 10, perKey: 1 } }),
    jobOf('rated', end, { key, rate: { max: 5, per: '1h', perKey: true } }),
  ]);
});
afterAll(() => place[Symbol.asyncDispose]());

const runOf = (job: string, name: string) => ({
  id: newId(),
  delivery: newId(),
  job,
  version: 1,
  payload: {},
  priority: 0,
  key: name,
  gate: { limited: false },
});

/** Many keys wait with one run each, and one with very many. */
async function fill(job: string): Promise<void> {
  const runs = [
    ...Array.from({ length: keys }, (_, n) => runOf(job, `key ${n}`)),
    ...Array.from({ length: oneKey }, () => runOf(job, 'large')),
  ];
  for (let from = 0; from < runs.length; from += 5000)
    await acceptIn(place.database, runs.slice(from, from + 5000));
}

describe('at a gate where tens of thousands wait', () => {
  beforeAll(async () => {
    await fill('limited');
    await fill('rated');
    for (const job of ['limited', 'rated']) await passGate(place.database, job);
    const [row] = await place.database.query<{ name: string }>(
      `select tableoid::regclass::text as name from nightshift.runs limit 1`,
    );
    partition = row!.name.replace('nightshift.', '');
    for (const table of ['runs', 'gated', 'lanes', 'starts', 'arrivals', 'attempts'])
      await place.database.query(`analyze nightshift.${table}`);
  }, 120_000);

  /** The plans of what `work` does, with the rows that each node read. */
  async function plansOf(work: (sql: Sql) => Promise<unknown>): Promise<string[]> {
    const plans: string[] = [];
    const rolledBack = new Error('rolled back');
    await place.database
      .transaction(async (tx) => {
        const explaining: Sql = {
          async query(text, values) {
            await tx.query('savepoint before');
            const rows = await tx.query<{ 'QUERY PLAN': string }>(
              `explain (analyze, timing off, summary off) ${text}`,
              values,
            );
            await tx.query('rollback to savepoint before');
            plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
            return tx.query(text, values);
          },
        };
        await work(explaining);
        throw rolledBack;
      })
      .catch((error: unknown) => {
        if (error !== rolledBack) throw error;
      });
    return plans;
  }

  const readRows = (plan: string) =>
    [
      ...plan.matchAll(
        /(?:Scan|Removed by Filter)[^\n]*?(?:rows=|: )(\d+)(?:\.\d+)?(?: loops=(\d+))?\)?$/gm,
      ),
    ].map(([, rows, loops]) => Number(rows) * Number(loops ?? 1));

  test.each(['limited', 'rated'])(
    'a pass over %s reads the rows that it lets go, and no others',
    async (job) => {
      const { database } = place;
      const free = await database.query<{ run_id: string }>(
        `select run_id from nightshift.gated where job = $1 and phase = 'released'`,
        [job],
      );
      await database.query(
        `update nightshift.runs set state = 'succeeded', started_at = now(), finished_at = now() where id = any($1::uuid[])`,
        [free.map((row) => row.run_id)],
      );
      const plans = await plansOf((sql) =>
        passGate({ ...database, transaction: (work) => work(sql) }, job),
      );
      expect(plans.length).toBeGreaterThan(5);
      for (const plan of plans) {
        expect(plan).not.toMatch(new RegExp(`Seq Scan on (gated|lanes|${partition})`));
        expect(Math.max(0, ...readRows(plan))).toBeLessThan(100);
      }
    },
  );

  test('a look that finds nothing is a few reads of indexes', async () => {
    const [plan = ''] = await plansOf((sql) => hasGateWork(sql, 'limited'));
    expect(plan).not.toMatch(new RegExp(`Seq Scan on (gated|lanes|${partition})`));
    expect(Math.max(0, ...readRows(plan))).toBeLessThan(100);
    expect(await hasGateWork(place.database, 'limited')).toBe(true);
    await passGate(place.database, 'limited');
    expect(await hasGateWork(place.database, 'limited')).toBe(false);
  });
});

describe('the parts of a pass', () => {
  test('leave alone a run that somebody holds, and go on with the others', async () => {
    const { database } = place;
    const [first, second] = [runOf('limited', 'first'), runOf('limited', 'second')];
    await acceptIn(database, [first, second]);
    await database.transaction(async (held) => {
      await held.query('select from nightshift.runs where id = $1 for update', [first.id]);
      const { released, over } = await database.transaction((tx) =>
        releaseRuns(tx, [first.id, second.id]),
      );
      expect([released.map(({ id }) => id), over]).toEqual([[second.id], []]);
    });
    expect(await findHold(database, first.id)).toMatchObject({ phase: 'waiting', key: 'first' });
    expect(await findHold(database, second.id)).toMatchObject({ phase: 'released' });
  });

  test('tell of a run that had ended, which leaves', async () => {
    const { database } = place;
    const run = runOf('limited', 'ended');
    await acceptIn(database, [run]);
    await database.query(
      `update nightshift.runs set state = 'cancelled', finished_at = now() where id = $1`,
      [run.id],
    );
    expect(await database.transaction((tx) => releaseRuns(tx, [run.id]))).toEqual({
      released: [],
      over: [run.id],
    });
    expect(await findHold(database, run.id)).toBeUndefined();
  });

  test('keep the line of keys: who was served goes last, who is through leaves, who rests is woken', async () => {
    const { database } = place;
    await database.transaction(async (tx) => {
      await tx.query(`delete from nightshift.lanes where job = 'rated'`);
      await tx.query(`delete from nightshift.arrivals where job = 'rated'`);
      const gate = (await lockGate(tx, 'rated'))!;
      for (const name of ['a', 'b', 'c', 'd']) {
        await acceptIn(tx, [runOf('rated', name)]);
        await settleGate(tx, { job: 'rated', gate });
      }
      const names = async () =>
        (await listLanes(tx, { job: 'rated', gate, lanes: 10, heads: 1 })).map((lane) => lane.key);
      expect(await names()).toEqual(['a', 'b', 'c', 'd']);
      const change = { state: 'ready' as const, served: false, wakeMs: null };
      await changeLanes(tx, 'rated', [
        { ...change, key: 'b', served: true },
        { ...change, key: 'a', served: true },
        { ...change, key: 'c', state: 'gone' },
        { ...change, key: 'd', state: 'resting', wakeMs: 0 },
      ]);
      expect(await names()).toEqual(['b', 'a']);
      const survey = await surveyGate(tx, { job: 'rated', gate, window: 20 });
      expect(survey.nextMs).toBeLessThanOrEqual(0);
      await settleGate(tx, { job: 'rated', gate });
      expect(new Set(await names())).toEqual(new Set(['a', 'b', 'd']));
    });
  });
});

describe('the row of a gate', () => {
  const limits = async () =>
    (
      await place.database.query(
        `select version, total, per_key from nightshift.gates where job = 'planted'`,
      )
    )[0];
  const plant = (version: number, more: object) =>
    plantGates(place.database, [jobOf('planted', end, { version, ...more })]);

  test('is what the newest version of the job says, and lets all go when that has no limits', async () => {
    await plant(2, { concurrency: { total: 3 } });
    expect(await limits()).toMatchObject({ version: 2, total: 3 });
    await plant(1, { concurrency: { total: 9 } });
    expect(await limits()).toMatchObject({ version: 2, total: 3 });
    await plant(2, { key, concurrency: { perKey: 4 } });
    expect(await limits()).toMatchObject({ total: null, per_key: 4 });
    await plant(3, {});
    expect(await limits()).toEqual({ version: 3, total: null, per_key: null });
  });

  test('is not there for a job that never had limits', async () => {
    await plantGates(place.database, [jobOf('free', end)]);
    expect(await place.database.query(`select from nightshift.gates where job = 'free'`)).toEqual(
      [],
    );
  });
});
