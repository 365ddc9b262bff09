import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BaseContext } from '../../src/core/context.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openRelay, pauseJob, rescueDuty, resumeJob } from '../../src/runtime/index.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import type { TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const gate = Promise.withResolvers<void>();
const ran: string[] = [];
const quick = jobOf('quick', (ctx: BaseContext) => Promise.resolve(void ran.push(ctx.run.id)));
const held = jobOf('held', async (ctx: BaseContext) => {
  ran.push(ctx.run.id);
  await gate.promise;
});
const carried = jobOf('carried', (ctx: BaseContext) => Promise.resolve(void ran.push(ctx.run.id)), {
  bundle: { max: 100 },
});
const jobs = [quick, held, carried];
const patience = { timeoutMs: 60_000 };

let server: TestServer;
let redis: Redis;
let runtime: TestRuntime;
/** What a duty and a relay of another process would do. */
let rescue: ReturnType<typeof rescueDuty>;
let closeRelay: () => Promise<void>;
const errors: unknown[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
  redis.on('error', () => {}); // it is stopped on purpose
  runtime = await openTestRuntime('cluster', jobs, { redisUrl: server.url });
  rescue = rescueDuty({ ...runtime, detectionMs });
  const relay = await openRelay({ ...runtime, onError: (error) => void errors.push(error) });
  closeRelay = () => relay.close();
  await rescue.run();
});
afterAll(async () => {
  gate.resolve();
  await closeRelay();
  await runtime[Symbol.asyncDispose]();
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const enqueueMany = (job: string, count: number, delayMs = 0) =>
  Promise.all(Array.from({ length: count }, () => runtime.enqueuer.enqueue(job, {}, { delayMs })));

const listEnds = (ids: readonly string[]) =>
  runtime.database.query<{ state: string; attempt: number }>(
    `select state, attempt from nightshift.runs where id = any($1::uuid[]) and finished_at is not null`,
    [ids],
  );

const allSucceed = (ids: readonly string[]) =>
  until(async () => {
    const ends = await listEnds(ids);
    return ends.length === ids.length && ends.every(({ state }) => state === 'succeeded');
  }, patience);

/** As if the deliveries of these runs had been written longer ago. */
const age = (ids: readonly string[], seconds: number) =>
  runtime.database.query(
    `update nightshift.runs set queued_at = now() - $2 * interval '1 second' where id = any($1::uuid[])`,
    [ids, seconds],
  );

const keyOf = (name: string) => `${runtime.place.prefix}:quick:${name}`;

test('a queue whose server lost nothing is left alone', async () => {
  expect(await rescue.run()).toMatchObject({ lost: 0, wiped: false });
});

test('deliveries that were deleted one by one, as hash, list or sorted set, are sent again', async () => {
  const [first, ...waiting] = await enqueueMany('quick', 5);
  const delayed = await enqueueMany('quick', 5, 3_600_000);
  const [row] = await runtime.database.query<{ delivery: string }>(
    `select delivery from nightshift.runs where id = $1`,
    [first],
  );
  expect(await redis.del(keyOf(row!.delivery))).toBe(1);
  await age([first!], 11);
  expect(await rescue.run()).toMatchObject({ lost: 1, wiped: false });

  // The relay has sent the first one again: its old id is still in the list, beside the new one.
  await until(async () => (await redis.llen(keyOf('wait'))) === 6);
  expect(await redis.del(keyOf('wait'), keyOf('delayed'))).toBe(2);
  await age([first!, ...waiting, ...delayed], 31);
  expect(await rescue.run()).toMatchObject({ lost: 0 });
  const later = rescueDuty({ ...runtime, detectionMs });
  expect(await later.run()).toMatchObject({ lost: 10, wiped: false });
  await until(async () => (await runtime.queues.counts('quick')).delayed === 5, patience);
  const worker = await runtime.work();
  await allSucceed([first!, ...waiting]);
  await worker.stop(0);
});

test('after a wipe every run waits, is delayed or ends just once, and a paused job stays paused', async () => {
  const { database, queues } = runtime;
  await enqueueMany('held', 3);
  const worker = await runtime.work();
  await until(() => worker.active === 3, patience);
  await pauseJob({ sql: database, queues }, { job: 'quick', reason: 'a test' });
  await until(async () => queues.isPaused('quick'));
  const waiting = await enqueueMany('quick', 500);
  const delayed = await enqueueMany('quick', 20, 3_600_000);
  ran.length = 0;
  await redis.flushall();
  const [afterwards] = await enqueueMany('quick', 1);
  expect(await rescue.run()).toMatchObject({ lost: 525, wiped: true });
  expect(await queues.isPaused('quick')).toBe(true);
  await until(async () => (await queues.counts('quick')).waiting >= 501, patience);
  expect(await rescue.run()).toMatchObject({ lost: 0, wiped: false });
  expect(ran).toEqual([]);

  await resumeJob({ sql: database, queues }, 'quick');
  await allSucceed([...waiting, afterwards!]);
  expect(new Set(ran).size).toBe(ran.length);
  expect(await listEnds(delayed)).toEqual([]);
  expect((await queues.counts('quick')).delayed).toBe(25);
  gate.resolve();
  await until(() => worker.active === 0);
  await worker.stop(0);
}, 120_000);

test('five thousand runs that waited in bundles when Redis was wiped go out in bundles again, each once', async () => {
  const { database, enqueuer, queues } = runtime;
  const ids = await enqueuer.enqueueMany(
    'carried',
    Array.from({ length: 5000 }, () => ({})),
  );
  expect(await queues.counts('carried')).toMatchObject({ waiting: 50 });
  await redis.flushall();
  ran.length = 0;
  expect((await rescue.run()).lost).toBeGreaterThanOrEqual(5000);
  await until(async () => (await queues.counts('carried')).waiting >= 50, patience);
  await until(
    async () => (await database.query('select from nightshift.outbox')).length === 0,
    patience,
  );
  expect((await queues.counts('carried')).waiting).toBeLessThan(100);
  const worker = await runtime.work({ concurrency: 200 });
  await allSucceed(ids);
  expect([ran.length, new Set(ran).size]).toEqual([5000, 5000]);
  await worker.stop(0);
}, 120_000);

test('what is unique, debounced or throttled stays so when Redis is wiped, or away', async () => {
  const { database, enqueuer } = runtime;
  const unique = { key: 'unique' };
  const debounce = { key: 'debounced', for: '1500ms' } as const;
  const throttle = { key: 'throttled', per: '1500ms' } as const;
  const offerAll = (payload: number) =>
    Promise.all([
      enqueuer.offer('quick', payload, { unique, delayMs: 1500 }),
      enqueuer.offer('quick', payload, { debounce }),
      enqueuer.offer('quick', payload, { throttle }),
    ]);
  const first = await offerAll(1);
  expect(first.every(({ existing }) => !existing)).toBe(true);
  await redis.flushall();
  const second = await offerAll(2);
  expect(second).toEqual(first.map(({ id }) => ({ id, existing: true })));
  await server.stop();
  const third = await offerAll(3);
  expect(third).toEqual(second);
  await server.start();
  await until(async () => (await rescue.run()).wiped, { ...patience, everyMs: 200 });
  const worker = await runtime.work();
  const ids = first.map(({ id }) => id);
  await allSucceed(ids);
  const runs = await Promise.all(ids.map((id) => findRun(database, id)));
  expect(runs.map(({ payload, attempt }) => [payload, attempt])).toEqual([
    [1, 1],
    [3, 1],
    [3, 1],
  ]);
  await worker.stop(0);
}, 120_000);

test('a worker that starts in a wiped queue does not begin what is paused', async () => {
  const { database, queues } = runtime;
  await pauseJob({ sql: database, queues }, { job: 'quick' });
  await redis.flushall();
  ran.length = 0;
  const [id] = await enqueueMany('quick', 1);
  const worker = await runtime.work();
  // The other job shows that the worker works.
  await allSucceed(await enqueueMany('held', 1));
  expect([ran.includes(id!), await queues.isPaused('quick')]).toEqual([false, false]);
  await resumeJob({ sql: database, queues }, 'quick');
  await allSucceed([id!]);
  await worker.stop(0);
});

test('while Redis is away a pause is kept and told when it is back', async () => {
  const { database, queues } = runtime;
  await server.stop();
  await until(async () => (await queues.ping().catch(() => undefined)) === undefined, patience);
  await pauseJob({ sql: database, queues }, { job: 'quick' });
  const [id] = await enqueueMany('quick', 1);
  expect(await rescue.run()).toMatchObject({ lost: 0, wiped: false });
  await server.start();
  await until(async () => (await rescue.run()).wiped, { ...patience, everyMs: 200 });
  expect(await queues.isPaused('quick')).toBe(true);
  await resumeJob({ sql: database, queues }, 'quick');
  const worker = await runtime.work();
  await allSucceed([id!]);
  await worker.stop(0);
}, 120_000);
