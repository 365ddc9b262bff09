import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseContext } from '../../../src/core/context.ts';
import { findRun } from '../../../src/ledger/index.ts';
import { footprints } from '../../support/footprint.ts';
import { watchRuns } from '../../support/gate.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';

const payload = z.object({ who: z.string().default('a'), n: z.int().default(0) });
type Payload = z.output<typeof payload>;
const key = ({ who }: Payload) => who;
let order: string[] = [];
const note = (_: BaseContext, { who, n }: Payload) =>
  Promise.resolve(void order.push(`${who}${n}`));

/** One at a time, so that the order of the starts is the order of the releases. */
const one = { payload, concurrency: { total: 1 } };
const perMs = 1500;
const jobs = [
  jobOf('strict', note, one),
  jobOf('ageing', note, { ...one, ageing: '1h' }),
  jobOf('fair', note, { ...one, key }),
  jobOf('rated', note, { payload, rate: { max: 4, per: `${perMs}ms` } }),
  jobOf('rated-by-key', note, { payload, key, rate: { max: 2, per: `${perMs}ms`, perKey: true } }),
  jobOf('rejecting', note, { ...one, maxQueued: { runs: 3, whenFull: 'reject' } }),
  jobOf('dropping', note, { ...one, maxQueued: { runs: 3, whenFull: 'drop oldest' } }),
];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let runs: ReturnType<typeof watchRuns>;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    runs = watchRuns(runtime);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const enqueue = (job: string, given: Partial<Payload> = {}, options = {}) =>
    runtime.enqueuer.enqueue(job, given, options);

  /** A worker that works while `job` has runs, and what they were in the order of their starts. */
  async function workOff(job: string): Promise<string[]> {
    order = [];
    const worker = await runtime.work();
    await runs.allEnd(job);
    await worker.stop(0);
    return order;
  }

  /** Nothing is let go before the worker is there: the window of a gate would let the first ones go. */
  async function closeGate(job: string, work: () => Promise<unknown>): Promise<void> {
    const set = (total: number) =>
      runtime.database.query(`update nightshift.gates set total = $2 where job = $1`, [job, total]);
    await set(0);
    await work();
    await set(1);
    await runtime.gates.pass(job);
  }

  test('what is more urgent goes first, and of the same priority what came first', async () => {
    await closeGate('strict', async () => {
      for (const [n, priority] of [
        [0, 5],
        [1, 0],
        [2, 5],
        [3, 1],
        [4, 0],
      ] as const)
        await enqueue('strict', { n }, { priority });
    });
    expect(await workOff('strict')).toEqual(['a1', 'a4', 'a3', 'a0', 'a2']);
  });

  test('with ageing, waiting makes up for priority, so many hours for so many steps', async () => {
    const { database } = runtime;
    await closeGate('ageing', async () => {
      const old = await enqueue('ageing', { n: 0 }, { priority: 3 });
      const older = await enqueue('ageing', { n: 1 }, { priority: 3 });
      await enqueue('ageing', { n: 2 }, { priority: 0 });
      await enqueue('ageing', { n: 3 }, { priority: 1 });
      // As if the first had waited for 2½ hours, and the second for 3½.
      await database.query(
        `update nightshift.gated set rank = rank - case run_id when $1 then interval '2.5 hours' else interval '3.5 hours' end
         where run_id in ($1, $2)`,
        [old, older],
      );
    });
    expect(await workOff('ageing')).toEqual(['a1', 'a2', 'a0', 'a3']);
  });

  test('a key with thousands of runs does not delay the one of another', async () => {
    const count = footprint === 'embedded' ? 300 : 5000;
    const large = Array.from({ length: count }, (_, n) => ({ who: 'large', n }));
    await runtime.enqueuer.enqueueMany('fair', large);
    order = [];
    const worker = await runtime.work();
    await until(() => order.length >= 3);
    const id = await enqueue('fair', { who: 'small' });
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded');
    const before = order.indexOf('small0');
    expect(before).toBeLessThan(count / 4);
    expect(await runs.count('fair', 'blocked')).toBeGreaterThan(count / 2);
    await worker.stop(0);
    // What went between the accept and the start of the small one is one turn of the large one, and what was under way.
    const [row] = await runtime.database.query<{ between: number }>(
      `select count(*)::int as between from nightshift.runs small join nightshift.runs large
        on large.job = 'fair' and large.key = 'large' and large.started_at between small.created_at and small.started_at
       where small.id = $1`,
      [id],
    );
    expect(row!.between).toBeLessThanOrEqual(footprint === 'embedded' ? 5 : 10);
    await runtime.database.query(`delete from nightshift.runs where job = 'fair'`);
  });

  /** The most starts that any window of the rate's length holds. */
  async function mostStarts(job: string, where = ''): Promise<number> {
    const [row] = await runtime.database.query<{ most: number }>(
      `with s as (select started_at as at, key from nightshift.runs where job = $1 and started_at is not null)
       select max((select count(*) from s b where b.at > a.at - $2 * interval '1 millisecond' and b.at <= a.at ${where}))::int as most
       from s a`,
      [job, perMs],
    );
    return row!.most;
  }

  test('within no window more runs start than the rate says, and nearly as many', async () => {
    await runtime.enqueuer.enqueueMany(
      'rated',
      Array.from({ length: 12 }, () => ({})),
    );
    const began = performance.now();
    expect(await workOff('rated')).toHaveLength(12);
    expect(await mostStarts('rated')).toBe(4);
    expect(performance.now() - began).toBeGreaterThan(2 * perMs);
  }, 60_000);

  test('a rate by key counts each key by itself', async () => {
    await runtime.enqueuer.enqueueMany(
      'rated-by-key',
      Array.from({ length: 12 }, (_, n) => ({ who: 'abc'[n % 3]!, n })),
    );
    expect(await workOff('rated-by-key')).toHaveLength(12);
    expect(await mostStarts('rated-by-key', 'and b.key = a.key')).toBe(2);
    expect(await mostStarts('rated-by-key')).toBeGreaterThan(4);
  }, 60_000);

  test('a full queue rejects more, all or none, and takes them again when there is room', async () => {
    for (let n = 0; n < 3; n++) await enqueue('rejecting', { n });
    const full = { code: 'queue.full', kind: 'limited', details: { most: 3 } };
    await expect(enqueue('rejecting', { n: 3 })).rejects.toMatchObject(full);
    await expect(runtime.enqueuer.enqueueMany('rejecting', [{}, {}])).rejects.toMatchObject(full);
    await expect(
      runtime.database.transaction((tx) => enqueue('rejecting', {}, { tx })),
    ).rejects.toMatchObject(full);
    await expect(
      runtime.database.query(`select nightshift.enqueue('rejecting', '{}')`),
    ).rejects.toThrow(/the queue of rejecting is full/);
    expect(await workOff('rejecting')).toEqual(['a0', 'a1', 'a2']);
    await enqueue('rejecting', { n: 4 });
    const many = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => enqueue('rejecting', { n })),
    );
    expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await workOff('rejecting')).toHaveLength(3);
  });

  test('a full queue that drops cancels what waited longest, and says why', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await enqueue('dropping', { n }));
    for (const id of ids.slice(0, 2))
      expect(await findRun(runtime.database, id)).toMatchObject({
        state: 'cancelled',
        error: {
          code: 'run.dropped',
          message: expect.stringMatching(/more than 3 .* dropping/) as string,
        },
      });
    await expect(runtime.enqueuer.enqueueMany('dropping', [{}, {}, {}, {}])).rejects.toMatchObject({
      code: 'queue.full',
    });
    expect(await workOff('dropping')).toEqual(['a2', 'a3', 'a4']);
    await Promise.all(Array.from({ length: 10 }, (_, n) => enqueue('dropping', { n })));
    expect(await workOff('dropping')).toEqual(['a7', 'a8', 'a9']);
    await until(() => runs.isSettled('dropping'));
  });

  test('nothing went wrong on the way', () => {
    expect(runtime.errors).toEqual([]);
  });
});
