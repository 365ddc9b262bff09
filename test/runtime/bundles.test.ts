import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import type { AnyJob } from '../../src/core/job.ts';
import type { Run } from '../../src/core/run.ts';
import { findRun, listLogs, listPastAttempts, retryRun } from '../../src/ledger/index.ts';
import {
  beginBulk,
  cancel,
  carryOutBulk,
  openRelay,
  pauseJob,
  resumeJob,
  type Worker,
} from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const patience = { timeoutMs: 60_000 };
const retry = { attempts: 2, backoff: 'fixed', from: '50ms', upTo: '50ms', jitter: 0 } as const;

let gate = Promise.withResolvers<void>();
let going = 0;
let most = 0;

/** A job that each run of passes, fails or waits in, as its payload says. */
const bundled = (name: string, max: number, more: Partial<AnyJob> = {}) =>
  jobOf(
    name,
    async (ctx: BaseContext, { deed, ms }: { deed?: string; ms?: number } = {}) => {
      most = Math.max(most, ++going);
      try {
        ctx.log.info(`attempt ${ctx.run.attempt}`);
        if (ms) await sleep(ms, undefined, { signal: ctx.signal });
        if (deed === 'wait') await Promise.race([gate.promise, aborted(ctx.signal)]);
        if (deed === 'fail once' && ctx.run.attempt === 1) throw new Error('once');
        return ctx.run.attempt;
      } finally {
        going--;
      }
    },
    { bundle: { max }, retry, ...more },
  );

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
}

const jobs = [bundled('many', 50), bundled('slow', 100), bundled('again', 50)];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());
  beforeEach(() => {
    gate = Promise.withResolvers();
    most = 0;
  });
  const workers: Worker[] = [];
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
  });
  async function work(concurrency = 10): Promise<Worker> {
    const worker = await runtime.work({ concurrency });
    workers.push(worker);
    return worker;
  }

  const list = (ids: readonly string[]) =>
    runtime.database.query<Run>(
      `select id, state, attempt, losses, result, delivery, worker from nightshift.runs
       where id = any($1::uuid[]) order by id`,
      [ids],
    );
  const allEnd = (ids: readonly string[]) =>
    until(async () => {
      const runs = await list(ids);
      return runs.every(({ state }) => !['queued', 'active'].includes(state)) ? runs : undefined;
    }, patience);
  const deliveriesOf = async (ids: readonly string[]) =>
    new Set((await list(ids)).map(({ delivery }) => delivery)).size;
  const waiting = async (job: string) => (await runtime.queues.counts(job)).waiting;
  const many = (job: string, count: number, payload = {}) =>
    runtime.enqueuer.enqueueMany(
      job,
      Array.from({ length: count }, () => payload),
    );

  test('what is accepted together goes in bundles, what comes alone or later goes alone', async () => {
    const { enqueuer } = runtime;
    const ids = await many('many', 120, { ms: 3 });
    expect([await deliveriesOf(ids), await waiting('many')]).toEqual([3, 3]);
    const delayed = await enqueuer.enqueueMany('many', [{}, {}], { delayMs: 100 });
    const urgent = await enqueuer.enqueueMany('many', [{}, {}], { priority: 9 });
    const one = await enqueuer.enqueue('many', {});
    const two = await enqueuer.enqueue('many', {});
    expect(await Promise.all([delayed, urgent, [one, two]].map(deliveriesOf))).toEqual([2, 1, 2]);
    const burst = await Promise.all(
      Array.from({ length: 100 }, () => enqueuer.enqueue('many', {})),
    );
    expect(await deliveriesOf(burst)).toBeLessThan(10);
    await work(7);
    const ends = await allEnd([...ids, ...delayed, ...urgent, one, two, ...burst]);
    expect(
      ends.filter(({ state, attempt }) => state === 'succeeded' && attempt === 1),
    ).toHaveLength(226);
    expect(most).toBe(7);
  }, 60_000);

  test('one run of a bundle is cancelled, another retried, and the rest hear nothing of it', async () => {
    const { database, queues, enqueuer } = runtime;
    const ids = await enqueuer.enqueueMany('many', [
      ...Array.from({ length: 6 }, () => ({})),
      { deed: 'fail once' },
      { deed: 'wait' },
    ]);
    expect(await deliveriesOf(ids)).toBe(1);
    await cancel({ sql: database, queues }, { id: ids[0]!, reason: 'before it began' });
    expect(await waiting('many')).toBe(1);
    const worker = await work();
    await until(() => going === 1 && worker.active === 1, patience);
    const failing = ids[6]!;
    await allEnd([failing]);
    await cancel({ sql: database, queues }, { id: ids[7]!, reason: 'while it went on' });
    const ends = await allEnd(ids);
    expect(ends.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual([
      'cancelled 0',
      ...Array<string>(5).fill('succeeded 1'),
      'succeeded 2',
      'cancelled 1',
    ]);
    await until(() => going === 0);
    expect(await listPastAttempts(database, failing)).toMatchObject([{ ending: 'retry' }]);
    expect((await listLogs(database, failing)).map(({ message }) => message)).toEqual([
      'attempt 1',
      'attempt 2',
    ]);
    expect(ends[6]!.delivery).not.toBe(ends[5]!.delivery);
  }, 60_000);

  test('a run of a bundle that waited too long does not begin, and the others do', async () => {
    const ids = await runtime.enqueuer.enqueueMany('many', [{}, {}, {}, {}], {
      expiresMs: 3_600_000,
    });
    expect(await deliveriesOf(ids)).toBe(1);
    await runtime.database.query(
      `update nightshift.runs set expires_at = now() - interval '1 second' where id = any($1::uuid[])`,
      [ids.slice(0, 3)],
    );
    await work();
    await allEnd(ids.slice(3));
    // The duty ends the others.
    const states = (await list(ids)).map(({ state }) => state);
    expect(states).toEqual(['queued', 'queued', 'queued', 'succeeded']);
  });

  test('what of a bundle does not begin within a second goes to workers that have room', async () => {
    const [long, ...short] = await runtime.enqueuer.enqueueMany('slow', [
      { deed: 'wait' },
      ...Array.from({ length: 20 }, () => ({ ms: 300 })),
    ]);
    const first = await work(2);
    await until(() => first.active === 2, patience);
    const second = await work(2);
    const ends = await allEnd(short);
    expect(ends.every(({ state, attempt }) => state === 'succeeded' && attempt === 1)).toBe(true);
    expect(new Set(ends.map((run) => run.worker))).toEqual(new Set([first.id, second.id]));
    expect((await list([long!]))[0]).toMatchObject({ state: 'active' });
    gate.resolve();
    await allEnd([long!]);
    expect(most).toBe(4);
  }, 60_000);

  test('a worker that stops, and one whose job is paused, begin nothing more of their bundles', async () => {
    const { database, queues } = runtime;
    const ids = await many('slow', 30, { deed: 'wait' });
    const worker = await work(2);
    await until(() => worker.active === 2, patience);
    await pauseJob({ sql: database, queues }, { job: 'slow' });
    await until(async () => (await deliveriesOf(ids)) > 2, patience);
    const stopped = worker.stop(60_000);
    gate.resolve();
    await stopped;
    const states = (await list(ids)).map(({ state }) => state);
    expect(states.filter((state) => state === 'queued')).toHaveLength(28);
    expect(states.filter((state) => state === 'succeeded')).toHaveLength(2);
    await resumeJob({ sql: database, queues }, 'slow');
    await work(2);
    expect((await allEnd(ids)).every(({ attempt }) => attempt === 1)).toBe(true);
  }, 60_000);

  test('runs of a bulk retry and of SQL go in bundles, and one that lost its worker goes alone', async () => {
    const { database, queues } = runtime;
    const ids = await many('again', 60);
    for (const id of ids) await cancel({ sql: database, queues }, { id, reason: 'a test' });
    const order = { action: 'retry', filter: { job: 'again', state: 'cancelled' } } as const;
    await carryOutBulk(runtime, (await beginBulk(runtime, order)).id);
    await database.query(`update nightshift.runs set losses = 1 where id = any($1::uuid[])`, [
      ids.slice(0, 2),
    ]);
    expect(await deliveriesOf(ids)).toBe(60);
    const relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    await until(async () => (await deliveriesOf(ids)) < 60, patience);
    expect(await deliveriesOf(ids)).toBe(4);
    await work();
    await allEnd(ids);
    await retryRun(database, ids[5]!).catch(() => undefined);
    expect((await list(ids)).every(({ state }) => state === 'succeeded')).toBe(true);
    await relay.close();
    expect(await findRun(database, ids[0]!)).toMatchObject({ losses: 1, attempt: 1 });
    expect(runtime.errors).toEqual([]);
  }, 60_000);
});
