import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyBatchJob, defineBatchJob } from '../../src/core/batch-job.ts';
import type { BaseContext } from '../../src/core/context.ts';
import { Failure } from '../../src/core/errors.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { cancelRun, findRun, newId, openLedger, retryRun } from '../../src/ledger/index.ts';
import { attemptRun, cancel } from '../../src/runtime/index.ts';
import { countWaiting, interleave } from '../support/interleave.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const stuck: AbortSignal[] = [];
const adding = jobOf('adding', () => Promise.resolve('sum'));
const failing = jobOf('failing', () => Promise.reject(new Error('no')), {
  retry: { attempts: 2, backoff: 'fixed', from: '1h', upTo: '1h', jitter: 0 },
});
const waitingForLock = jobOf(
  'waiting-for-lock',
  (ctx: BaseContext) => {
    stuck.push(ctx.signal);
    return ctx.transaction('wait', (sql) => sql.query('select pg_advisory_xact_lock(7)'));
  },
  { timeout: '1s' },
);

const returning = new EventEmitter();
const late = jobOf(
  'late',
  async () => {
    await once(returning, 'now');
    return 'x'.repeat(1_000_000);
  },
  {
    timeout: '100ms',
    retry: { attempts: 1, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 },
  },
);

const batchWaitingForLock = defineBatchJob({
  name: 'batch-waiting-for-lock',
  summary: 'A batch job of a test.',
  payload: z.unknown(),
  result: z.unknown(),
  batch: { max: 20 },
  retry: { attempts: 1 },
  timeout: '1s',
  needs: ['database'],
  async run(ctx) {
    stuck.push(ctx.signal);
    await ctx.database.query('select pg_advisory_xact_lock(7)');
    return [];
  },
}) as AnyBatchJob;

let runtime: TestRuntime;
let database: Database;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [
    adding,
    failing,
    waitingForLock,
    batchWaitingForLock,
    late,
  ]);
  ({ database } = runtime);
});
afterAll(() => runtime[Symbol.asyncDispose]());

/** Accepts a run and attempts it by hand, in a process that reaches the ledger `through` another way. */
async function attempt(job: string, through: (id: string) => Database) {
  const id = await runtime.enqueuer.enqueue(job, {});
  const { delivery } = await findRun(database, id);
  const ends: unknown[] = [];
  const stop = runtime.announcements.subscribe((announcement) => {
    if (announcement.kind === 'ended' && announcement.run === id) ends.push(announcement.outcome);
  });
  const services = {
    ...runtime,
    ledger: openLedger(through(id), { detectionMs }),
    providers: {},
    worker: newId(),
    now: () => new Date(),
    random: () => 0.5,
    hurry: new AbortController().signal,
    onError: expect.unreachable,
  };
  await attemptRun(services, { run: id, delivery, hold: () => () => {} });
  stop();
  return { run: await findRun(database, id), delivery, outcome: ends[0] as Outcome };
}

const lost = new Failure('database.unreachable', {
  host: 'h',
  port: 1,
  reason: 'r',
  variable: 'v',
});
const loseAnswer = (then: () => unknown = () => {}) =>
  interleave(database, /"nextDelivery" uuid/, async () => {
    await then();
    throw lost;
  });

test('an outcome that was committed is announced, and not refused, when the answer to the commit was lost', async () => {
  const { run, outcome } = await attempt('adding', () => loseAnswer());
  expect(outcome).toMatchObject({ state: 'succeeded' });
  expect(run).toMatchObject({ state: 'succeeded', result: 'sum' });
});

test('a retry is dispatched though the answer to its commit was lost', async () => {
  const { run, delivery, outcome } = await attempt('failing', () => loseAnswer());
  expect(outcome).toMatchObject({ state: 'queued', why: 'retry' });
  expect(run.delivery).not.toBe(delivery);
  expect(await runtime.queues.known('failing', [run.delivery])).toEqual(new Set([run.delivery]));
});

test('an outcome that was committed is known by its history once somebody has sent the run again', async () => {
  const { outcome } = await attempt('failing', (id) =>
    loseAnswer(async () => {
      await cancelRun(database, id, 'stop');
      await retryRun(database, id);
    }),
  );
  expect(outcome).toMatchObject({ state: 'queued', why: 'retry' });
});

test('an outcome that came after a cancel is still refused when it is repeated', async () => {
  const { run, outcome } = await attempt('adding', (id) =>
    interleave(loseAnswer(), /^update nightshift\.runs_\w+ r\s+set state = 'active'/, () =>
      cancelRun(database, id, 'stop'),
    ),
  );
  expect(outcome).toEqual({ state: 'fenced' });
  expect(run).toMatchObject({ state: 'cancelled' });
});

test.each([waitingForLock, batchWaitingForLock])(
  'an attempt of $name that timed out in a slow statement holds up no outcome of another run',
  async ({ name }) => {
    stuck.length = 0;
    const worker = await runtime.work();
    const other = await openDatabase(runtime.place.database);
    try {
      const slow = await other.transaction(async (tx) => {
        await tx.query('select pg_advisory_xact_lock(7)');
        const [id] = await runtime.enqueuer.enqueueMany(name, [{}, {}]);
        await until(() => stuck.length > 0 && stuck.every(({ aborted }) => aborted));
        const quick = await runtime.enqueuer.enqueue('adding', {});
        await until(async () => (await findRun(database, quick)).state === 'succeeded');
        expect(await countWaiting(database)).toBe(stuck.length);
        return id!;
      });
      await until(async () => (await findRun(database, slow)).state === 'failed');
      expect(await findRun(database, slow)).toMatchObject({ error: { code: 'run.timeout' } });
    } finally {
      await other.close();
      await worker.stop(0);
    }
  },
  30_000,
);

test('a cancel takes back the delivery that it cancelled, not that of a retry which follows at once', async () => {
  const id = await runtime.enqueuer.enqueue('adding', {}, { delayMs: 600_000 });
  const { delivery } = await findRun(database, id);
  let isRetried = false;
  /** Whoever waits for a cancel sends the run again as soon as it is committed. */
  async function retryOnce<T>(answer: T): Promise<T> {
    if (!isRetried) {
      isRetried = true;
      await retryRun(database, id);
    }
    return answer;
  }
  const sql: Database = {
    ...database,
    query: async (text, values) => retryOnce(await database.query(text, values)) as never,
    transaction: async (work) => retryOnce(await database.transaction(work)),
  };
  const withdrawn: string[] = [];
  const queues = {
    ...runtime.queues,
    withdraw(_: string, one: string) {
      withdrawn.push(one);
      return Promise.resolve(true);
    },
  };
  expect(await cancel({ sql, queues }, { id, reason: 'no' })).toMatchObject({ state: 'cancelled' });
  expect(withdrawn).toEqual([delivery]);
  expect(await findRun(database, id)).toMatchObject({ state: 'queued' });
});

test('a large result that is returned after the attempt is over is not kept', async () => {
  const { run } = await attempt('late', () => database);
  expect(run).toMatchObject({ state: 'failed', error: { code: 'run.timeout' } });
  returning.emit('now');
  await sleep(200); // compressing it would take a twentieth of that
  expect(await Array.fromAsync(runtime.archive.list(''))).toEqual([]);
});

test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
