import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import { Failure } from '../../src/core/errors.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  cancelRun,
  findRun,
  insertOutbox,
  insertRuns,
  listLogs,
  listPastAttempts,
  listSteps,
  listWorkers,
  markStopped,
  newId,
  registerWorker,
  retryRun,
} from '../../src/ledger/index.ts';
import { cancel, newRun, openRelay, rescueDuty } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';
import { won } from '../support/won.ts';

/** What the jobs of these tests wait for, and what they tell. */
const gates = new Map<string, PromiseWithResolvers<void>>();
const gate = (name: string) => {
  if (!gates.has(name)) gates.set(name, Promise.withResolvers());
  return gates.get(name)!;
};
const begun: { name: string; signal: AbortSignal }[] = [];

const adding = jobOf('adding', (_, { a, b }: { a: number; b: number }) =>
  Promise.resolve({ sum: a + b }),
);
const failingOnce = jobOf(
  'failing-once',
  async (ctx: BaseContext) => {
    await ctx.step('once', () => Promise.resolve(ctx.run.attempt));
    ctx.log.info(`attempt ${ctx.run.attempt}`);
    if (ctx.run.attempt === 1) throw new Error('the first time');
    return 'done';
  },
  { retry: { attempts: 2, backoff: 'fixed', from: '50ms', upTo: '50ms', jitter: 0 } },
);
const waiting = jobOf('waiting', async (ctx: BaseContext, { name }: { name: string }) => {
  begun.push({ name, signal: ctx.signal });
  ctx.progress(1, 2, 'half');
  await gate(name).promise;
  return ctx.step('after', () => Promise.resolve(ctx.run.attempt));
});
const unspeakable = jobOf('unspeakable', (ctx: BaseContext, { log }: { log?: boolean }) => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  if (!log) return Promise.resolve(1n);
  ctx.log.info('a circle', circular);
  return Promise.resolve('half \uD83D');
});
const cutOff = jobOf(
  'cut-off',
  (ctx: BaseContext) => {
    if (ctx.run.attempt > 1) return Promise.resolve(ctx.run.attempt);
    throw new Failure('database.busy', { size: 4, seconds: 5 });
  },
  { retry: { attempts: 1, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } },
);
const borrowing = jobOf(
  'borrowing',
  () => Promise.reject(new Failure('run.fenced', { id: newId(), attempt: 1 })),
  { retry: { attempts: 1, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } },
);
const jobs = [adding, failingOnce, waiting, unspeakable, cutOff, borrowing];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let worker: string;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    worker = (await runtime.work()).id;
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    });
  const started = (name: string) => until(() => begun.find((one) => one.name === name));

  test('accepted means committed, and a run ends with its result', async () => {
    const id = await runtime.enqueuer.enqueue('adding', { a: 2, b: 3 });
    expect(await findRun(runtime.database, id)).toMatchObject({
      job: 'adding',
      payload: { a: 2, b: 3 },
    });
    expect(await finished(id)).toMatchObject({
      state: 'succeeded',
      result: { sum: 5 },
      attempt: 1,
    });
  });

  test('five hundred runs at once all end, each once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 500 }, (_, a) => runtime.enqueuer.enqueue('adding', { a, b: 1 })),
    );
    const ends = await until(
      async () => {
        const rows = await runtime.database.query<Run>(
          `select id, result, attempt from nightshift.runs where id = any($1::uuid[]) and finished_at is not null`,
          [ids],
        );
        return rows.length === ids.length ? new Map(rows.map((row) => [row.id, row])) : undefined;
      },
      { timeoutMs: 50_000 },
    );
    expect(ids.map((id) => ends.get(id)?.result)).toEqual(ids.map((_, a) => ({ sum: a + 1 })));
    expect(ids.every((id) => ends.get(id)?.attempt === 1)).toBe(true);
  }, 60_000);

  test('a failed attempt is history, the retry keeps its steps, and both are in the log', async () => {
    const id = await runtime.enqueuer.enqueue('failing-once', {});
    expect(await finished(id)).toMatchObject({ state: 'succeeded', attempt: 2, failures: 1 });
    expect(await listPastAttempts(runtime.database, id)).toMatchObject([
      { attempt: 1, ending: 'retry', error: { message: 'the first time' } },
    ]);
    expect(await listSteps(runtime.database, id)).toMatchObject([
      { name: 'once', attempt: 1, result: 1 },
    ]);
    expect((await listLogs(runtime.database, id)).map(({ message }) => message)).toEqual([
      'attempt 1',
      'attempt 2',
    ]);
  });

  test('an attempt that an outage of the database ended uses up no attempt of the policy', async () => {
    const id = await runtime.enqueuer.enqueue('cut-off', {});
    expect(await finished(id)).toMatchObject({
      state: 'succeeded',
      failures: 0,
      attempt: 2,
      error: null,
    });
    expect(await listPastAttempts(runtime.database, id)).toMatchObject([
      { ending: 'given back', error: { code: 'database.busy', outages: 1 } },
    ]);
  });

  test('a handler that throws on that another run is fenced fails like any other', async () => {
    const id = await runtime.enqueuer.enqueue('borrowing', {});
    expect(await finished(id)).toMatchObject({ state: 'failed', error: { code: 'run.fenced' } });
  });

  test('progress of an active run is seen from outside', async () => {
    const name = `${footprint} progress`;
    const id = await runtime.enqueuer.enqueue('waiting', { name });
    await until(async () => (await findRun(runtime.database, id)).progress);
    expect(await findRun(runtime.database, id)).toMatchObject({
      state: 'active',
      progress: { done: 1, total: 2, note: 'half' },
    });
    gate(name).resolve();
    await finished(id);
  });

  test('a run that waits is cancelled and never begins', async () => {
    const id = await runtime.enqueuer.enqueue(
      'waiting',
      { name: `${footprint} never` },
      { delayMs: 600_000 },
    );
    const run = await cancel(
      { sql: runtime.database, queues: runtime.queues },
      { id, reason: 'not needed' },
    );
    expect(run).toMatchObject({ state: 'cancelled', error: { message: 'not needed' } });
    expect((await runtime.queues.known('waiting', [run.delivery])).size).toBe(0);
  });

  test('cancelling an active run signals its handler and refuses what it still writes', async () => {
    const name = `${footprint} cancelled`;
    const id = await runtime.enqueuer.enqueue('waiting', { name });
    const { signal } = await started(name);
    await cancelRun(runtime.database, id, 'stop it');
    await until(() => signal.aborted);
    gate(name).resolve();
    expect(await finished(id)).toMatchObject({ state: 'cancelled', error: { message: 'stop it' } });
    expect(await listSteps(runtime.database, id)).toEqual([]);
    await expect(cancelRun(runtime.database, id, 'again')).rejects.toMatchObject({
      code: 'run.finished',
    });
  });

  test('a cancelled run is queued again by retry and brought to its end through the outbox', async () => {
    const id = await runtime.enqueuer.enqueue('adding', { a: 1, b: 1 }, { delayMs: 600_000 });
    await cancelRun(runtime.database, id, 'not now');
    await retryRun(runtime.database, id);
    const relay = await openRelay({
      ...runtime,
      onError: (error) => void expect.fail(String(error)),
    });
    expect(await finished(id)).toMatchObject({ state: 'succeeded', result: { sum: 2 } });
    await relay.close();
    await expect(retryRun(runtime.database, id)).rejects.toMatchObject({ code: 'run.unfinished' });
  });

  test('what was accepted without a dispatch is relayed when NOTIFY says so', async () => {
    const relay = await openRelay({
      ...runtime,
      onError: (error) => void expect.fail(String(error)),
    });
    const run = newRun(adding, { a: 4, b: 4 }, { priority: 0 });
    await runtime.database.transaction(async (tx) => {
      await insertRuns(tx, [run]);
      await insertOutbox(tx, [run]);
    });
    expect(await finished(run.id)).toMatchObject({ result: { sum: 8 } });
    await until(
      async () => (await runtime.database.query('select from nightshift.outbox')).length === 0,
    );
    await relay.close();
  });

  test('a second delivery of a run finds nothing to do', async () => {
    const id = await runtime.enqueuer.enqueue('adding', { a: 5, b: 5 });
    const { delivery } = await finished(id);
    expect(await runtime.ledger.claim({ run: id, delivery, worker: id })).toBeUndefined();
  });

  test('an outcome from an attempt that lost its run is refused', async () => {
    const run = newRun(adding, { a: 1, b: 2 }, { priority: 0 });
    await insertRuns(runtime.database, [run]);
    const zombie = await runtime.ledger.claim({
      run: run.id,
      delivery: run.delivery,
      worker: run.id,
    });
    const successor = await runtime.ledger.claim({
      run: run.id,
      delivery: run.delivery,
      worker: run.id,
    });
    expect([won(zombie)?.attempt, won(successor)?.attempt, won(successor)?.losses]).toEqual([
      1, 2, 1,
    ]);
    const outcome = { state: 'succeeded', result: 'late' } as const;
    expect(await runtime.ledger.record({ fence: won(zombie)!, outcome })).toBe(false);
    expect(
      await runtime.ledger.record({
        fence: won(successor)!,
        outcome: { ...outcome, result: 'right' },
      }),
    ).toBe(true);
    expect(await findRun(runtime.database, run.id)).toMatchObject({ result: 'right', attempt: 2 });
    expect(await listPastAttempts(runtime.database, run.id)).toMatchObject([
      { attempt: 1, ending: 'lost' },
    ]);
  });

  test('of the same delivery twice and a stale one, in one batch, one claim wins', async () => {
    const run = newRun(adding, { a: 1, b: 2 }, { priority: 0 });
    await insertRuns(runtime.database, [run]);
    const claim = { run: run.id, delivery: run.delivery, worker };
    const claims = [{ ...claim, delivery: newId() }, claim, claim];
    const answers = await Promise.all(claims.map((one) => runtime.ledger.claim(one)));
    expect(answers.map((one) => won(one)?.attempt)).toEqual([undefined, 1, undefined]);
    const fence = { run: run.id, delivery: run.delivery, attempt: 1 };
    const ends = [{ ...fence, attempt: 2 }, fence].map((one) =>
      runtime.ledger.record({ fence: one, outcome: { state: 'succeeded', result: one.attempt } }),
    );
    expect(await Promise.all(ends)).toEqual([false, true]);
    expect(await findRun(runtime.database, run.id)).toMatchObject({ result: 1 });
  });

  test('what no JSON can say fails its own run and spoils no other', async () => {
    const ids = await Promise.all([
      runtime.enqueuer.enqueue('unspeakable', { result: true }),
      runtime.enqueuer.enqueue('adding', { a: 20, b: 1 }),
      runtime.enqueuer.enqueue('unspeakable', { log: true }),
    ]);
    const [result, neighbour, log] = await Promise.all(ids.map(finished));
    expect(result).toMatchObject({ state: 'failed', error: { name: 'TypeError' } });
    expect(neighbour).toMatchObject({ state: 'succeeded', result: { sum: 21 }, attempt: 1 });
    expect(log).toMatchObject({ state: 'succeeded', result: 'half \uFFFD' });
    expect(runtime.errors.splice(0)).toEqual([expect.any(TypeError)]);
  });

  test('a delay or a priority that no queue can keep is refused, and nothing is stored', async () => {
    const enqueue = (options: object) =>
      runtime.enqueuer.enqueue('adding', { a: 1, b: 1 }, options);
    await expect(enqueue({ delayMs: 1e15 })).rejects.toMatchObject({ code: 'run.far' });
    await expect(enqueue({ delayMs: Number.NaN })).rejects.toMatchObject({ code: 'run.far' });
    await expect(enqueue({ priority: 2_097_152 })).rejects.toMatchObject({ code: 'run.priority' });
  });

  test('rescue sends again what the queue has lost, and leaves what it knows', async () => {
    const relay = await openRelay({
      ...runtime,
      onError: (error) => void expect.fail(String(error)),
    });
    const lost = newRun(adding, { a: 7, b: 7 }, { priority: 0 });
    await insertRuns(runtime.database, [lost]);
    const known = await runtime.enqueuer.enqueue('adding', { a: 1, b: 1 }, { delayMs: 600_000 });
    await runtime.database.query(
      `update nightshift.runs set queued_at = now() - interval '11 seconds' where id = any($1::uuid[])`,
      [[lost.id, known]],
    );
    const { delivery } = await findRun(runtime.database, known);
    expect(await rescueDuty({ ...runtime, detectionMs }).run()).toMatchObject({
      orphans: 0,
      lost: 1,
    });
    expect(await finished(lost.id)).toMatchObject({ result: { sum: 14 } });
    expect((await findRun(runtime.database, known)).delivery).toBe(delivery);
    await relay.close();
  });

  test('rescue takes the runs of a worker that is gone, five times at the most', async () => {
    const run = newRun(waiting, { name: 'poison' }, { priority: 0 });
    await insertRuns(runtime.database, [run]);
    for (let losses = 1; losses <= 5; losses++) {
      const dead = newId();
      await registerWorker(runtime.database, { id: dead, host: 'gone', pid: 1, jobs: ['waiting'] });
      await markStopped(runtime.database, dead);
      const { delivery } = await findRun(runtime.database, run.id);
      await runtime.ledger.claim({ run: run.id, delivery, worker: dead });
      expect(await rescueDuty({ ...runtime, detectionMs }).run()).toMatchObject({ orphans: 1 });
    }
    expect(await findRun(runtime.database, run.id)).toMatchObject({
      state: 'failed',
      losses: 5,
      error: { code: 'run.abandoned' },
    });
    expect((await listPastAttempts(runtime.database, run.id)).length).toBeGreaterThanOrEqual(4);
  });

  test('a worker that stops gives back what does not finish in time, without a failure', async () => {
    await using own = await openTestRuntime(footprint, jobs);
    const first = await own.work();
    const name = `${footprint} given back`;
    const id = await own.enqueuer.enqueue('waiting', { name });
    await started(name);
    await first.stop(50);
    expect(await findRun(own.database, id)).toMatchObject({
      state: 'queued',
      failures: 0,
      losses: 0,
    });
    gate(name).resolve();
    await own.work();
    const run = await until(async () => {
      const found = await findRun(own.database, id);
      return isFinal(found.state) ? found : undefined;
    });
    expect(run).toMatchObject({ state: 'succeeded', result: 2, attempt: 2 });
    expect(await listPastAttempts(own.database, id)).toMatchObject([
      { attempt: 1, ending: 'given back' },
    ]);
  }, 60_000);

  test('a worker that stops lets what finishes in time finish', async () => {
    await using own = await openTestRuntime(footprint, jobs);
    const worker = await own.work();
    const name = `${footprint} finishes`;
    const id = await own.enqueuer.enqueue('waiting', { name });
    await started(name);
    const stopped = worker.stop(20_000);
    gate(name).resolve();
    await stopped;
    expect(await findRun(own.database, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
    await expect(worker.stop(0)).resolves.toBeUndefined();
    await markStopped(own.database, worker.id);
  }, 60_000);

  test('a worker that the ledger has forgotten makes itself known again', async () => {
    const { database } = runtime;
    await database.query('delete from nightshift.workers where id = $1', [worker]);
    await until(async () => (await listWorkers(database, 60_000)).some(({ id }) => id === worker));
  });

  test('nothing went wrong on the way', () => {
    expect(runtime.errors).toEqual([]);
  });
});
