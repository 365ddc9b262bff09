import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { findRun, newId } from '../../src/ledger/index.ts';
import { newRun, openRelay, rescueDuty } from '../../src/runtime/index.ts';
import { openSpoiltClock } from '../chaos/clock.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, timersOf } from '../support/schedules.ts';
import { until } from '../support/until.ts';
import { won } from '../support/won.ts';

const resting = jobOf('resting', () => Promise.resolve());
const failingOnce = jobOf(
  'failing-once',
  (ctx: BaseContext) =>
    ctx.run.attempt === 1 ? Promise.reject(new Error('once')) : Promise.resolve(),
  { retry: { attempts: 2, backoff: 'fixed', from: '30s', upTo: '30s', jitter: 0 } },
);
const jobs = [resting, failingOnce];
const hourMs = 3_600_000;

// On PGlite the clock of the process is that of the database, too.
describe.each(['postgres', 'cluster'] as const)('on the %s footprint', (footprint) => {
  const clock = openSpoiltClock();
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    await runtime.work();
  });
  afterEach(() => clock.jump(0));
  afterAll(() => runtime[Symbol.asyncDispose]());

  /** Seconds between two moments of a run, or from one until now, by the clock of Postgres. */
  async function secondsOf(id: string, from: string, to: string): Promise<number> {
    const [row] = await runtime.database.query<{ seconds: number }>(
      `select extract(epoch from ${to} - ${from})::float8 as seconds from nightshift.runs where id = $1`,
      [id],
    );
    return row!.seconds;
  }

  test('a run put off by a process whose clock is behind does not begin before its time', async () => {
    clock.jump(-2 * hourMs);
    const id = await runtime.enqueuer.enqueue('resting', {}, { delayMs: 2000 });
    clock.jump(0);
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded');
    expect(await secondsOf(id, 'created_at', 'started_at')).toBeGreaterThanOrEqual(2);
    expect(await findRun(runtime.database, id)).toMatchObject({ attempt: 1 });
  });

  test('a run put off by a process whose clock is ahead begins when rescue finds it due', async () => {
    clock.jump(2 * hourMs);
    const id = await runtime.enqueuer.enqueue('resting', {}, { delayMs: 60_000 });
    clock.jump(0);
    expect(await secondsOf(id, 'now()', 'run_at')).toBeLessThanOrEqual(60);
    const rescue = rescueDuty({ ...runtime, detectionMs });
    await runtime.database.query(
      `update nightshift.runs set queued_at = now() - interval '2 minutes', run_at = now() - interval '5 seconds'
       where id = $1`,
      [id],
    );
    expect(await rescue.run()).toMatchObject({ lost: 0 });
    await runtime.database.query(
      `update nightshift.runs set run_at = now() - interval '11 seconds' where id = $1`,
      [id],
    );
    expect(await rescue.run()).toMatchObject({ lost: 1 });
    const relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded');
    await relay.close();
  });

  test('a retry waits as long as its policy says, whatever the clock of the worker', async () => {
    clock.jump(2 * hourMs);
    const id = await runtime.enqueuer.enqueue('failing-once', {});
    const { delivery } = await until(async () => {
      const run = await findRun(runtime.database, id);
      return run.state === 'queued' && run.failures === 1 ? run : undefined;
    });
    const seconds = await secondsOf(id, 'queued_at', 'run_at');
    expect(seconds).toBeCloseTo(30, 3);
    const early = await runtime.ledger.claim({ run: id, delivery, worker: id });
    expect(won(early)).toBeUndefined();
    expect(early).toMatchObject({ earlyMs: expect.any(Number) as number });
  });

  test('a run that was never put off begins even after the clock of Postgres was set back', async () => {
    const run = newRun(resting, {}, { priority: 0 });
    await runtime.ledger.accept(run);
    await runtime.database.query(
      `update nightshift.runs set run_at = run_at + interval '2 hours', queued_at = queued_at + interval '2 hours'
       where id = $1`,
      [run.id],
    );
    const { id, delivery } = run;
    const answer = await runtime.ledger.claim({ run: id, delivery, worker: id });
    expect(won(answer)).toMatchObject({ attempt: 1 });
  });

  test('a delivery that was taken with a clock that is ahead is not known for hours', async () => {
    const { queues } = runtime;
    const taken = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const hold = () => {
      taken.resolve();
      return release.promise;
    };
    const delivery = newId();
    clock.jump(2 * hourMs);
    const consumer = queues.consume('held', hold, { concurrency: 1 });
    consumer.start();
    await queues.dispatch({ job: 'held', delivery, runs: [newId()] });
    await taken.promise;
    clock.jump(0);
    // Redis has a clock of its own for locks.
    expect((await queues.known('held', [delivery])).has(delivery)).toBe(footprint === 'cluster');
    release.resolve();
    await consumer.close();
  });

  test('the firings of a schedule follow the clock of Postgres', async () => {
    const { database } = runtime;
    const every = { name: 'every-minute', job: resting, payload: {}, cron: '* * * * *' };
    const untilDue = async () => {
      const [row] = await database.query<{ seconds: number }>(
        'select extract(epoch from next_due - now())::float8 as seconds from nightshift.schedules',
      );
      return row!.seconds;
    };
    clock.jump(6 * hourMs);
    await plant(runtime, [defineSchedule(every)]);
    expect(await untilDue()).toBeLessThanOrEqual(60);
    await database.query(`update nightshift.schedules set next_due = now() - interval '1 second'`);
    const timers = timersOf(runtime);
    const { next } = await database.transaction((tx) => timers.fire(tx, 'every-minute'));
    clock.jump(0);
    expect(next!.getTime()).toBeLessThan(Date.now() + 2 * 60_000);
    expect(await untilDue()).toBeLessThanOrEqual(60);
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});
