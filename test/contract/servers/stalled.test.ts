import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../src/db/index.ts';
import { findRun, ledgerMigrations } from '../../../src/ledger/index.ts';
import { openRelay } from '../../../src/runtime/index.ts';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { openTestFootprint, type TestFootprint } from '../../support/footprint.ts';
import { jobOf, openTestRuntime } from '../../support/runtime.ts';
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

/** A lost cable: nobody closes a connection, and nothing comes through. */
let place: TestDatabase;
let proxy: TcpProxy;
let database: Database;
let told: (string | undefined)[];
beforeEach(async () => {
  place = await openTestDatabase('postgres');
  const { url } = place.options as { url: string };
  proxy = await openTcpProxy({ url });
  told = [];
  database = await openDatabase(
    { kind: 'postgres', url: proxy.route(url), connections: 8 },
    (_, fault) => void told.push(fault),
  );
});
afterEach(async () => {
  proxy.restore();
  await database.close();
  await proxy[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

/** Fails when the bound is broken by far: without one it would be minutes, or never. */
async function endsSoon<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('not within 15 s')), 15_000);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

test('a Postgres that is silent fails what waits for it, and serves again when it is back', async () => {
  const heard: string[] = [];
  await database.listen('news', (payload) => heard.push(payload));
  await database.query('select 1');
  proxy.stall();
  const midway = database.transaction(async (tx) => tx.query('select 1'));
  const failing = [...Array.from({ length: 3 }, () => database.query('select 1')), midway].map(
    (work) =>
      work.then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
  );
  const codes = await endsSoon(Promise.all(failing));
  expect(codes).toContain('database.unreachable');
  expect(new Set(codes).difference(new Set(['database.unreachable', 'database.busy']))).toEqual(
    new Set(),
  );
  expect(await endsSoon(failureOf(database.query('select 1')))).toBe('database.unreachable');
  expect(told.every((fault) => fault !== undefined)).toBe(true);
  proxy.restore();
  expect(await endsSoon(database.query('select 1 as one'))).toEqual([{ one: 1 }]);
  expect(told.at(-1)).toBeUndefined();
  await until(
    async () => {
      await database.query(`select pg_notify('news', 'back')`);
      return heard.includes('back');
    },
    { timeoutMs: 30_000 },
  );
});

test('a listener whose connection went silent gets another, though nobody closed it', async () => {
  const heard: string[] = [];
  await database.listen('news', (payload) => heard.push(payload));
  const listeners = () =>
    place.database.query(
      `select pid from pg_stat_activity
        where datname = current_database() and application_name = 'nightshift-listener'`,
    );
  const [before] = await listeners();
  proxy.stall();
  const from = performance.now();
  // It is asked every 5 s, and has 5 s to answer.
  await until(() => performance.now() - from > 11_000, { timeoutMs: 30_000 });
  proxy.restore();
  await until(
    async () => {
      await place.database.query(`select pg_notify('news', 'back')`);
      const [now] = await listeners();
      return heard.includes('back') && now?.pid !== before?.pid;
    },
    { timeoutMs: 30_000 },
  );
});

test('a slow statement is left alone', async () => {
  expect(await database.query('select 1 as one from pg_sleep(7)')).toEqual([{ one: 1 }]);
});

test.each(['postgres', 'cluster'] as const)(
  'on the %s footprint an enqueue fails in bounded time while Postgres is silent, and workers go on afterwards',
  async (footprint) => {
    await using footprintPlace: TestFootprint = await openTestFootprint(
      footprint,
      ledgerMigrations,
    );
    const { url } = footprintPlace.database as { url: string };
    const quick = jobOf('quick', () => Promise.resolve('done'));
    await using runtime = await openTestRuntime(footprint, [quick], {
      place: footprintPlace,
      database: { kind: 'postgres', url: proxy.route(url), connections: 8 },
    });
    await using straight = await openTestRuntime(footprint, [quick], { place: footprintPlace });
    await runtime.work();
    const finished = (id: string) =>
      until(async () => (await findRun(straight.database, id)).state === 'succeeded', {
        timeoutMs: 60_000,
      });
    await finished(await runtime.enqueuer.enqueue('quick', {}));
    proxy.stall();
    expect(await endsSoon(failureOf(runtime.enqueuer.enqueue('quick', {})))).toBe(
      'database.unreachable',
    );
    const meanwhile = await straight.enqueuer.enqueue('quick', {});
    proxy.restore();
    await finished(meanwhile);
    await finished(await runtime.enqueuer.enqueue('quick', {}));
  },
);

test('a Redis that is silent delays an enqueue, refuses none, and its runs are done when it is back', async () => {
  await using own = await openTestFootprint('cluster', ledgerMigrations);
  await using cable = await openTcpProxy({ url: own.redisUrl! });
  const quick = jobOf('quick', () => Promise.resolve('done'));
  const redisPlace = { ...own, redisUrl: cable.route(own.redisUrl!) };
  await using runtime = await openTestRuntime('cluster', [quick], { place: redisPlace });
  const relay = await openRelay({ ...runtime, onError() {} });
  await runtime.work();
  await runtime.enqueuer.enqueue('quick', {});
  cable.stall();
  const ids = await endsSoon(
    Promise.all(Array.from({ length: 50 }, () => runtime.enqueuer.enqueue('quick', {}))),
  );
  cable.restore();
  for (const id of ids)
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded', {
      timeoutMs: 90_000,
    });
  await relay.close();
});
