import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import { findRun, insertOutbox, insertRuns, leaseOutbox, newId } from '../../src/ledger/index.ts';
import type { Dispatch, Queues } from '../../src/queue/index.ts';
import { enqueueIn, newRun, openRelay, type RelayServices } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const first = jobOf('first', () => Promise.resolve());
const second = jobOf('second', () => Promise.resolve());
const begun: string[] = [];
const counted = jobOf('counted', (ctx: BaseContext) =>
  Promise.resolve(void begun.push(ctx.run.id)),
);
const jobs = [first, second];

/** Posts runs in one transaction and answers them. */
async function post(runtime: TestRuntime, count: number, job = first) {
  const runs = Array.from({ length: count }, () => newRun(job, {}, { priority: 0 }));
  await runtime.database.transaction(async (tx) => {
    await insertRuns(tx, runs);
    await insertOutbox(tx, runs);
  });
  return runs;
}

const outboxIsEmpty = async ({ database }: TestRuntime) =>
  (await database.query('select from nightshift.outbox')).length === 0;

/** The queues of a runtime, with every dispatch written down. */
function watch({ queues }: TestRuntime): { queues: Queues; dispatched: Dispatch[] } {
  const dispatched: Dispatch[] = [];
  return {
    dispatched,
    queues: {
      ...queues,
      async dispatchMany(dispatches) {
        dispatched.push(...dispatches);
        await queues.dispatchMany(dispatches);
      },
    },
  };
}

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  const errors: unknown[] = [];
  const open = (more: Partial<RelayServices> = {}) =>
    openRelay({ ...runtime, onError: (error) => errors.push(error), ...more });
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  test('what was posted goes out in order of arrival, batch after batch', async () => {
    const posted = [...(await post(runtime, 700)), ...(await post(runtime, 700))];
    const { queues, dispatched } = watch(runtime);
    const relay = await open({ queues });
    await until(() => outboxIsEmpty(runtime));
    await relay.close();
    expect(dispatched.map(({ delivery }) => delivery)).toEqual(
      posted.map(({ delivery }) => delivery),
    );
    expect((await runtime.queues.counts('first')).waiting).toBeGreaterThanOrEqual(1400);
  });

  test('of many relays at once, each row goes out by one', async () => {
    const posted = await post(runtime, 2500, second);
    const watches = Array.from({ length: 4 }, () => watch(runtime));
    const relays = await Promise.all(watches.map(({ queues }) => open({ queues })));
    await until(() => outboxIsEmpty(runtime));
    await Promise.all(relays.map((relay) => relay.close()));
    const dispatched = watches.flatMap((one) => one.dispatched.map(({ delivery }) => delivery));
    expect(dispatched.sort()).toEqual(posted.map(({ delivery }) => delivery).sort());
    expect(new Set(dispatched).size).toBe(posted.length);
  });

  test('a row whose run has moved on is struck off and not sent', async () => {
    const [run] = await post(runtime, 1);
    await runtime.database.query(`update nightshift.runs set delivery = $2 where id = $1`, [
      run!.id,
      newId(),
    ]);
    const { queues, dispatched } = watch(runtime);
    const relay = await open({ queues });
    await until(() => outboxIsEmpty(runtime));
    await relay.close();
    expect(dispatched).toEqual([]);
  });

  test('what a relay that died had taken goes out when its lease is over', async () => {
    const [run] = await post(runtime, 1);
    const leased = await leaseOutbox(runtime.database, { jobs: [], limit: 10 });
    expect(leased.map(({ id }) => id)).toEqual([run!.id]);
    expect(await leaseOutbox(runtime.database, { jobs: [], limit: 10 })).toEqual([]);
    await runtime.database.query(
      `update nightshift.outbox set leased_until = leased_until - interval '10 seconds'`,
    );
    const relay = await open();
    await until(() => outboxIsEmpty(runtime));
    await relay.close();
  });

  test('nothing went wrong on the way', () => {
    expect(errors).toEqual([]);
    expect(runtime.errors).toEqual([]);
  });
});

test('a run that its queue refuses holds up no other', async () => {
  await using runtime = await openTestRuntime('cluster', jobs);
  const redis = new Redis(inject('redisUrl'));
  await redis.set(`${runtime.place.prefix}:first:meta`, 'in the way of a hash');
  const refused = await post(runtime, 2);
  const others = await post(runtime, 3, second);
  const errors: unknown[] = [];
  const relay = await openRelay({ ...runtime, onError: (error) => errors.push(error) });
  await until(async () => (await runtime.queues.counts('second')).waiting === others.length);
  await until(
    async () => (await runtime.database.query('select from nightshift.outbox')).length === 2,
  );
  expect(errors).toMatchObject([{ code: 'queue.unavailable', message: /WRONGTYPE/ }]);
  await redis.del(`${runtime.place.prefix}:first:meta`);
  await runtime.database.query(
    `update nightshift.outbox set leased_until = '-infinity' where run_id = any($1::uuid[])`,
    [refused.map(({ id }) => id)],
  );
  await runtime.database.transaction((tx) => enqueueIn(tx, newRun(first, {}, { priority: 0 })));
  await until(async () => (await runtime.queues.counts('first')).waiting === 3);
  await relay.close();
  redis.disconnect();
});

test('a relay that takes longer than its lease runs nothing twice', async () => {
  await using runtime = await openTestRuntime('cluster', [counted]);
  const errors: unknown[] = [];
  const open = (over: Queues) =>
    openRelay({ ...runtime, queues: over, onError: (error) => errors.push(error) });
  const [run] = await post(runtime, 1, counted);
  const release = Promise.withResolvers<void>();
  const { queues } = runtime;
  const reached = Promise.withResolvers<void>();
  const late: Queues = {
    ...queues,
    async dispatchMany(dispatches) {
      reached.resolve();
      await release.promise;
      await queues.dispatchMany(dispatches);
    },
  };
  const slow = await open(late);
  await reached.promise;
  await runtime.database.query(
    `update nightshift.outbox set leased_until = leased_until - interval '10 seconds'`,
  );
  const other = await open(queues);
  await until(() => outboxIsEmpty(runtime));
  const worker = await runtime.work();
  await until(async () => (await findRun(runtime.database, run!.id)).state === 'succeeded');
  release.resolve();
  await slow.close();
  await other.close();
  await until(async () => (await queues.known('counted', [run!.delivery])).size === 0);
  await worker.stop(0);
  expect(await findRun(runtime.database, run!.id)).toMatchObject({ attempt: 1 });
  expect(begun).toEqual([run!.id]);
  expect([...errors, ...runtime.errors]).toEqual([]);
});
