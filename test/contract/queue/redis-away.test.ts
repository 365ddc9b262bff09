import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { v4 as uuid } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../../src/db/index.ts';
import { openQueues, type Queues } from '../../../src/queue/index.ts';
import { startRedisServer } from '../../support/redis-server.ts';
import type { TestServer } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import { collect } from './collector.ts';

const one = { concurrency: 1 };
let server: TestServer;
let queues: Queues;
let errors: Error[];
let told: (string | undefined)[];

beforeEach(async () => {
  server = await startRedisServer({ appendOnly: true });
  errors = [];
  told = [];
});
afterEach(async () => {
  await queues.close();
  await server[Symbol.asyncDispose]();
});

async function open(prefix = 'away'): Promise<Queues> {
  // Redis carries everything: the database is never asked.
  const database = {} as Database;
  const onError = (error: Error) => void errors.push(error);
  const onAvailability = (_: string, fault: string | undefined) => void told.push(fault);
  queues = await openQueues({ database, redisUrl: server.url, prefix, onError, onAvailability });
  return queues;
}

const dispatch = (job: string, delivery = uuid()) =>
  queues.dispatch({ job, delivery, runs: [uuid()] });

async function timeRefusal(): Promise<number> {
  const from = performance.now();
  await expect(dispatch('away')).rejects.toMatchObject({ code: 'queue.unavailable' });
  return performance.now() - from;
}

test('a producer fails at once while Redis is down, and works again when it is back', async () => {
  await open();
  const { handle, reach } = collect();
  const consumer = queues.consume('away', handle, one);
  consumer.start();
  const before = uuid();
  await dispatch('away', before);
  await reach(1);

  await server.stop();
  expect(await timeRefusal()).toBeLessThan(1_000);
  expect(await timeRefusal()).toBeLessThan(100);
  await expect(queues.ping()).rejects.toMatchObject({ code: 'queue.unavailable' });
  await until(() => told.length > 0);

  await server.start();
  const after = uuid();
  await until(() =>
    dispatch('away', after).then(
      () => true,
      () => false,
    ),
  );
  expect(await reach(2)).toEqual([before, after]);
  await until(() => told.at(-1) === undefined);
  expect(errors).toEqual([]);
  await consumer.close();
});

test('queues open without Redis, say so, and begin when it comes', async () => {
  await server.stop();
  const from = performance.now();
  await open();
  expect(performance.now() - from).toBeLessThan(5_000);
  expect(queues.warnings).toEqual([
    `Redis at ${new URL(server.url).host} does not answer; runs are accepted and wait for it.`,
  ]);
  expect(await timeRefusal()).toBeLessThan(100);
  const { handle, reach } = collect();
  const consumer = queues.consume('away', handle, one);
  consumer.start();

  await server.start();
  const delivery = uuid();
  await until(() =>
    dispatch('away', delivery).then(
      () => true,
      () => false,
    ),
  );
  expect(await reach(1)).toEqual([delivery]);
  await until(() => queues.warnings.length === 0);
});

test('a Redis that hangs holds a producer for seconds, not for ever', async () => {
  await open();
  await dispatch('away');
  process.kill(server.pid!, 'SIGSTOP');
  try {
    expect(await timeRefusal()).toBeLessThan(6_000);
  } finally {
    process.kill(server.pid!, 'SIGCONT');
  }
  await until(() =>
    dispatch('away').then(
      () => true,
      () => false,
    ),
  );
});

test('consumers close while Redis is down: idle ones at once, busy ones by force', async () => {
  await open();
  const idle = queues.consume('idle', async () => {}, one);
  const { handle, reach } = collect(() => new Promise(() => {}));
  const busy = queues.consume('busy', handle, one);
  idle.start();
  busy.start();
  await dispatch('busy');
  await reach(1);
  await server.stop();
  await timeRefusal();
  const from = performance.now();
  await idle.close();
  expect(performance.now() - from).toBeLessThan(1_000);
  await busy.close({ force: true });
  expect(performance.now() - from).toBeLessThan(6_000);
});

test('an evicting Redis is reported', async () => {
  const admin = new Redis(server.url);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  admin.disconnect();
  await open();
  expect(queues.warnings).toEqual([
    'Redis may evict queues (maxmemory-policy allkeys-lru): set maxmemory-policy noeviction.',
  ]);
});

test('a job that another app adds to the queue arrives as it was written', async () => {
  await open('shop');
  const { hostname: host, port } = new URL(server.url);
  const foreign = new Queue('orders', { connection: { host, port: Number(port) }, prefix: 'shop' });
  await foreign.add('placed', { order: 7 }, { timestamp: 1_700_000_000_000 });
  await foreign.close();
  const { handle, reach, deliveries } = collect();
  queues.consume('orders', handle, one).start();
  await reach(1);
  expect(deliveries).toMatchObject([
    {
      id: '1',
      runs: [],
      foreign: { name: 'placed', data: { order: 7 }, timestamp: 1_700_000_000_000 },
    },
  ]);
});
