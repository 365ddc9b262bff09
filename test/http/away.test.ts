import { afterEach, beforeEach, expect, test } from 'vitest';
import { productMigrations } from '../../src/app/database.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { openTestFootprint, type TestFootprint } from '../support/footprint.ts';
import { jobOf, type RuntimeOptions } from '../support/runtime.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/** Postgres and Redis behind networks that are cut. */
let place: TestFootprint;
let postgres: TcpProxy;
let redis: TcpProxy;
let behind: RuntimeOptions;
let api: TestApi;
const jobs = [jobOf('plain', () => Promise.resolve())];
beforeEach(async () => {
  place = await openTestFootprint('cluster', productMigrations);
  const { url } = place.database as { url: string };
  postgres = await openTcpProxy({ url });
  redis = await openTcpProxy({ url: place.redisUrl! });
  behind = {
    place,
    database: { kind: 'postgres', url: postgres.route(url) },
    redisUrl: redis.route(place.redisUrl!),
  };
  api = await openTestApi('cluster', jobs, { place: behind });
});
afterEach(async () => {
  for (const proxy of [postgres, redis]) proxy.restore();
  await api[Symbol.asyncDispose]();
  for (const proxy of [postgres, redis]) await proxy[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const enqueue = () => api.call<{ code: string }>('POST', '/runs', { job: 'plain' });

test('while Postgres is away a request is answered 503 and when to come again, and then it is taken', async () => {
  expect((await enqueue()).status).toBe(202);
  postgres.cut();
  for (const answer of [await enqueue(), await api.call<{ code: string }>('GET', '/runs')]) {
    expect([answer.status, answer.body.code]).toEqual([503, 'database.unreachable']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  postgres.restore();
  await until(async () => (await enqueue()).status === 202, { timeoutMs: 60_000, everyMs: 200 });
});

test('who has no key that is known is not told where Postgres is', async () => {
  const door = { isLocal: false, door: openDoor() };
  await using open = await openTestApi('cluster', jobs, { ...door, place: behind });
  const url = await open.listen();
  postgres.cut();
  const invented = { authorization: `Bearer nsk_0badc0de_${'x'.repeat(43)}` };
  const answer = await fetch(`${url}/runs`, { headers: invented });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    code: 'database.unreachable',
    detail: 'This cannot be answered at the moment; try again soon.',
  });
  postgres.restore();
});

test('while Redis is away runs are accepted all the same, alone, in batches and with a key', async () => {
  redis.cut();
  expect((await enqueue()).status).toBe(202);
  const runs = [{ job: 'plain' }, { job: 'plain' }];
  expect((await api.call('POST', '/runs/batch', { runs })).status).toBe(202);
  const keyed = await api.call('POST', '/runs', { job: 'plain' }, { 'idempotency-key': 'away' });
  expect(keyed.status).toBe(202);
  const { status, body } = await api.call<{ queues: { counts: unknown }[] }>('GET', '/queues');
  expect([status, body.queues[0]!.counts]).toEqual([200, null]);
});
