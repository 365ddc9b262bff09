import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/index.ts';
import { openQueues, type Queues, type QueuesOptions } from '../../src/queue/index.ts';
import { startRedisServer } from '../support/redis-server.ts';
import type { TestServer } from '../support/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let opened: Queues[];
beforeEach(async () => {
  server = await startRedisServer();
  opened = [];
});
afterEach(async () => {
  for (const queues of opened) await queues.close();
  await server[Symbol.asyncDispose]();
});

async function open(options: Partial<QueuesOptions> = {}): Promise<Queues> {
  // Redis carries everything: the database is never asked.
  const database = {} as Database;
  const queues = await openQueues({ database, redisUrl: server.url, prefix: 'edge', ...options });
  opened.push(queues);
  return queues;
}

/** What a Redis of 6.0.16 answers; the length of its answer stays what it was. */
function makeOld(answer: Buffer): Buffer {
  return Buffer.from(
    answer
      .toString('latin1')
      .replace(
        /redis_version:(\S+)/,
        (_, version: string) =>
          `redis_version:${'6.0.16'.padEnd(version.length, '0').slice(0, version.length)}`,
      ),
    'latin1',
  );
}

test('a Redis that is too old is refused at the start, with the version needed', async () => {
  await using proxy = await openTcpProxy({ url: server.url, alter: makeOld });
  await expect(open({ redisUrl: proxy.route(server.url) })).rejects.toMatchObject({
    code: 'queue.too_old',
    message: expect.stringMatching(/is version 6\.0\.1\S*, and 6\.2 or newer is needed/) as string,
  });
});

test('one that is too old when it comes back gets nothing, and nothing is taken from it', async () => {
  let old = false;
  await using proxy = await openTcpProxy({
    url: server.url,
    alter: (answer) => (old ? makeOld(answer) : answer),
  });
  const errors: unknown[] = [];
  const onError = (error: Error) => void errors.push(error);
  const queues = await open({ redisUrl: proxy.route(server.url), onError });
  const taken: string[] = [];
  const hear = ({ id }: { id: string }) => Promise.resolve(void taken.push(id));
  const consumer = queues.consume('job', hear, { concurrency: 1 });
  consumer.start();
  await queues.dispatch({ job: 'job', delivery: 'one', runs: [] });
  await until(() => taken.includes('one'));
  await until(async () => (await queues.counts('job')).active === 0);

  old = true;
  proxy.drop();
  await until(() => errors.length > 0);
  expect(errors).toEqual([expect.objectContaining({ code: 'queue.too_old' })]);
  await expect(queues.dispatch({ job: 'job', delivery: 'x', runs: [] })).rejects.toMatchObject({
    code: 'queue.unavailable',
    message: expect.stringContaining('6.2 or newer is needed') as string,
  });
  const straight = await open();
  const others: string[] = [];
  const other = straight.consume('job', ({ id }) => Promise.resolve(void others.push(id)), {
    concurrency: 1,
  });
  other.start();
  for (let i = 0; i < 20; i++) await straight.dispatch({ job: 'job', delivery: `n${i}`, runs: [] });
  await until(() => others.length === 20);
  await other.close();
  expect(taken).toEqual(['one']);

  old = false;
  proxy.drop();
  await straight.dispatch({ job: 'job', delivery: 'last', runs: [] });
  await until(() => taken.includes('last'));
  await consumer.close();
});

test('a consumer that is started before the server was looked at waits for that', async () => {
  await using proxy = await openTcpProxy({ url: server.url, alter: makeOld });
  proxy.cut();
  const errors: unknown[] = [];
  const onError = (error: Error) => void errors.push(error);
  const queues = await open({ redisUrl: proxy.route(server.url), onError });
  const taken: string[] = [];
  const hear = ({ id }: { id: string }) => Promise.resolve(void taken.push(id));
  queues.consume('job', hear, { concurrency: 1 }).start();
  const straight = await open();
  await straight.dispatch({ job: 'job', delivery: 'one', runs: [] });
  proxy.restore();
  await until(() => errors.length > 0);
  expect(errors).toEqual([expect.objectContaining({ code: 'queue.too_old' })]);
  expect((await straight.counts('job')).waiting).toBe(1);
  expect(taken).toEqual([]);
});

test('two installations with prefixes of their own share a Redis and see nothing of each other', async () => {
  const first = await open({ prefix: 'first', installation: 'one' });
  const second = await open({ prefix: 'second', installation: 'two' });
  await first.dispatch({ job: 'job', delivery: 'a', runs: [] });
  expect(await second.known('job', ['a'])).toEqual(new Set());
  expect((await second.counts('job')).waiting).toBe(0);
  await second.pause('job');
  expect(await first.isPaused('job')).toBe(false);
});

test('a second installation with the same prefix is refused, and told what to set', async () => {
  await open({ installation: 'one' });
  await open({ installation: 'one' });
  await expect(open({ installation: 'two' })).rejects.toMatchObject({
    code: 'queue.taken',
    message: expect.stringContaining('Set NIGHTSHIFT_PREFIX') as string,
  });
});

test('a wipe of Redis frees the prefix, and whoever comes first has it again', async () => {
  const first = await open({ installation: 'one' });
  const redis = new Redis(server.url);
  await redis.flushall();
  await first.dispatch({ job: 'job', delivery: 'a', runs: [] });
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(async () => (await redis.get('edge:installation')) === 'one');
  redis.disconnect();
  await expect(open({ installation: 'two' })).rejects.toMatchObject({ code: 'queue.taken' });
});

test('a Redis that may evict is warned of at the start, until that is mended', async () => {
  const redis = new Redis(server.url);
  const policy = (value: string) => redis.config('SET', 'maxmemory-policy', value);
  await policy('allkeys-lru');
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  const queues = await open({ onWarning });
  const sentence =
    'Redis may evict queues (maxmemory-policy allkeys-lru): set maxmemory-policy noeviction.';
  expect(queues.warnings).toEqual([sentence]);
  expect(warnings).toEqual([sentence]);
  await policy('noeviction');
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(() => queues.warnings.length === 0);
  redis.disconnect();
});
