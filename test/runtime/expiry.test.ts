import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import { findRun, insertRuns, retryRun } from '../../src/ledger/index.ts';
import { expiryDuty, newRun, openRelay } from '../../src/runtime/index.ts';
import { databaseKinds } from '../support/database.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';
import { won } from '../support/won.ts';

const resting = jobOf('resting', () => Promise.resolve('done'), { expires: '1h' });
const failingOnce = jobOf(
  'failing-once',
  (ctx: BaseContext) =>
    ctx.run.attempt === 1 ? Promise.reject(new Error('once')) : Promise.resolve('done'),
  { retry: { attempts: 2, backoff: 'fixed', from: '1ms', upTo: '1ms', jitter: 0 } },
);
const hour = 3_600_000;

describe.each(databaseKinds)('on %s', (kind) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(kind === 'pglite' ? 'embedded' : 'postgres', [
      resting,
      failingOnce,
    ]);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const find = (id: string) => findRun(runtime.database, id);
  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await find(id);
      return isFinal(run.state) ? run : undefined;
    });
  const letGoBy = (id: string) =>
    runtime.database.query(
      `update nightshift.runs set expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );

  test('a run expires as its job says, counted from when it may run, unless it is told otherwise', async () => {
    const enqueue = async (options: object) => {
      const { runAt, expiresAt } = await find(
        await runtime.enqueuer.enqueue('resting', 1, options),
      );
      return expiresAt!.getTime() - runAt.getTime();
    };
    expect(await enqueue({})).toBe(hour);
    expect(await enqueue({ delayMs: 3 * hour })).toBe(hour);
    expect(await enqueue({ expiresMs: 2000 })).toBe(2000);
    expect(await find(await runtime.enqueuer.enqueue('failing-once', 1))).toMatchObject({
      expiresAt: null,
    });
    await expect(runtime.enqueuer.enqueue('resting', 1, { expiresMs: 0 })).rejects.toMatchObject({
      code: 'run.expires',
    });
  });

  test('a run whose time went by is refused to whoever claims it, and ends as expired', async () => {
    const late = newRun(resting, 1, { priority: 0 });
    const early = newRun(resting, 1, { priority: 0 });
    await insertRuns(runtime.database, [late, early]);
    await letGoBy(late.id);
    const claim = ({ id, delivery }: typeof late) =>
      runtime.ledger.claim({ run: id, delivery, worker: id });
    expect(await Promise.all([claim(late), claim(early)])).toMatchObject([
      undefined,
      { attempt: 1 },
    ]);
    expect(await expiryDuty(runtime.database).run()).toEqual({ expired: 1 });
    expect(await find(late.id)).toMatchObject({
      state: 'expired',
      attempt: 0,
      error: { code: 'run.expired' },
    });
    expect(await find(early.id)).toMatchObject({ state: 'active' });
  });

  test('an expired run that is retried begins, however late it is', async () => {
    const id = await runtime.enqueuer.enqueue('resting', 1, { delayMs: hour });
    await letGoBy(id);
    await expiryDuty(runtime.database).run();
    await retryRun(runtime.database, id);
    await runtime.work();
    const relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    expect(await finished(id)).toMatchObject({ state: 'succeeded', expiresAt: null });
    await relay.close();
  });

  test('a run that has begun does not expire when it is tried again', async () => {
    const run = newRun(failingOnce, 1, { priority: 0, expiresMs: 60_000 });
    await insertRuns(runtime.database, [run]);
    const fence = await runtime.ledger.claim({
      run: run.id,
      delivery: run.delivery,
      worker: run.id,
    });
    await runtime.ledger.record({
      fence: won(fence)!,
      outcome: {
        state: 'queued',
        why: 'retry',
        delayMs: 0,
        error: { name: 'Error', message: 'once' },
        failures: 1,
      },
      nextDelivery: run.delivery,
    });
    await letGoBy(run.id);
    await expiryDuty(runtime.database).run();
    expect(
      await runtime.ledger.claim({ run: run.id, delivery: run.delivery, worker: run.id }),
    ).toMatchObject({ attempt: 2 });
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});
