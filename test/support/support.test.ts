import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/db/index.ts';
import { openTestDatabase } from './database.ts';
import { footprints, openTestFootprint } from './footprint.ts';
import { startRedisServer } from './redis-server.ts';
import { openTcpProxy } from './tcp-proxy.ts';

test('a private Redis keeps what it acknowledged across kill -9', async () => {
  await using server = await startRedisServer({ appendOnly: true });
  const first = new Redis(server.url);
  first.on('error', () => {});
  await first.set('key', 'kept');
  await server.stop();
  first.disconnect();
  expect(server.pid).toBeUndefined();
  await server.start();
  const second = new Redis(server.url);
  expect(await second.get('key')).toBe('kept');
  second.disconnect();
});

describe.each(footprints)('the footprint %s', (footprint) => {
  test('has a database of its own, migrated, and leaves nothing behind', async () => {
    const migrations = { 'x/0001-note': { up: 'create table nightshift.note (id int)', down: '' } };
    const redis = new Redis(inject('redisUrl'));
    const place = await openTestFootprint(footprint, migrations);
    const database = await openDatabase(place.database);
    expect(await database.query('select * from nightshift.note')).toEqual([]);
    await database.close();
    await redis.set(`${place.prefix}:key`, 1);
    await place[Symbol.asyncDispose]();
    expect(await redis.exists(`${place.prefix}:key`)).toBe(footprint === 'cluster' ? 0 : 1);
    await redis.del(`${place.prefix}:key`);
    redis.disconnect();
  });
});

test('a test database is dropped when it is disposed', async () => {
  const place = await openTestDatabase('postgres');
  await place[Symbol.asyncDispose]();
  await expect(openDatabase(place.options)).rejects.toMatchObject({ code: 'database.refused' });
});

test('two test databases share nothing', async () => {
  await using first = await openTestDatabase('postgres');
  await using second = await openTestDatabase('postgres');
  await first.database.query('create table public.note (id int)');
  await expect(second.database.query('select * from public.note')).rejects.toMatchObject({
    code: '42P01',
  });
});

test('a proxy cuts, stalls, slows and alters what goes through it', async () => {
  await using proxy = await openTcpProxy({
    url: inject('redisUrl'),
    alter: (answer) => Buffer.from(answer.toString().replace('PONG', 'PING')),
  });
  const options = { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true };
  const redis = new Redis(proxy.route(inject('redisUrl')), options);
  redis.on('error', () => {});
  expect(await redis.ping()).toBe('PING');
  proxy.stall();
  const held = redis.ping();
  expect(await Promise.race([held, sleep(200).then(() => 'nothing')])).toBe('nothing');
  proxy.restore();
  expect(await held).toBe('PING');
  proxy.delay(100);
  const began = performance.now();
  await redis.ping();
  expect(performance.now() - began).toBeGreaterThan(190);
  proxy.cut();
  await expect(redis.ping()).rejects.toThrow('Connection');
  await expect(new Redis(proxy.port, options).on('error', () => {}).connect()).rejects.toThrow(
    'Connection',
  );
  redis.disconnect();
});
