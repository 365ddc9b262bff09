import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isFinal } from '../../src/core/run.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openRelay, type Relay } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const adding = jobOf(
  'adding',
  (_, { a, b }: { a: number; b: number }) => Promise.resolve({ sum: a + b }),
  { payload: z.object({ a: z.number(), b: z.number() }) },
);

/** A transaction of the caller's, ended as told; `tx` is handed to `work` while it is open. */
type Transact = (work: (tx: never) => Promise<unknown>) => Promise<unknown>;

describe.each(['embedded', 'postgres'] as const)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  let pool: pg.Pool;
  let kysely: Kysely<unknown>;
  const kinds: [string, Transact][] = [
    ['our own', (work) => runtime.database.transaction((tx) => work(tx as never))],
    ['Kysely’s', (work) => kysely.transaction().execute((tx) => work(tx as never))],
    ...((footprint === 'postgres'
      ? [['a client of pg', (work) => onClient(work)]]
      : [['PGlite’s', (work) => onPGlite(work)]]) as [string, Transact][]),
  ];

  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [adding]);
    const { driver } = runtime.database;
    if (driver.kind === 'postgres') {
      pool = driver.openPool({ size: 2, name: 'app' });
      kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
    } else {
      kysely = new Kysely({ dialect: new PGliteDialect({ pglite: driver.pglite }) });
    }
    await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  });
  afterAll(async () => {
    await relay.close();
    if (footprint === 'postgres') await kysely.destroy();
    await runtime[Symbol.asyncDispose]();
  });

  async function onClient(work: (tx: never) => Promise<unknown>): Promise<unknown> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const result = await work(client as never);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  function onPGlite(work: (tx: never) => Promise<unknown>): Promise<unknown> {
    const { driver } = runtime.database;
    if (driver.kind !== 'pglite') throw new Error('not on PGlite');
    return driver.pglite.transaction((tx) => work(tx as never));
  }

  const countRuns = async () =>
    (await runtime.database.query('select from nightshift.runs')).length;

  test.each(kinds)('a run accepted in %s transaction runs when it commits', async (_, transact) => {
    const id = (await transact((tx) =>
      runtime.enqueuer.enqueue('adding', { a: 2, b: 3 }, { tx, priority: 3 }),
    )) as string;
    const run = await until(async () => {
      const found = await findRun(runtime.database, id);
      return isFinal(found.state) ? found : undefined;
    });
    expect(run).toMatchObject({ state: 'succeeded', result: { sum: 5 }, priority: 3, attempt: 1 });
  });

  test.each(kinds)(
    'of a run accepted in %s transaction nothing is left when it rolls back',
    async (_, transact) => {
      const before = await countRuns();
      let id = '';
      const rolledBack = transact(async (tx) => {
        id = await runtime.enqueuer.enqueue('adding', { a: 2, b: 3 }, { tx });
        throw new Error('changed my mind');
      });
      await expect(rolledBack).rejects.toThrow('changed my mind');
      await expect(findRun(runtime.database, id)).rejects.toMatchObject({ code: 'run.missing' });
      expect(await countRuns()).toBe(before);
      expect(await runtime.database.query('select from nightshift.outbox')).toEqual([]);
    },
  );

  test.each(kinds)('many runs join %s transaction together', async (_, transact) => {
    const payloads = Array.from({ length: 20 }, (_each, a) => ({ a, b: 1 }));
    const ids = (await transact((tx) =>
      runtime.enqueuer.enqueueMany('adding', payloads, { tx }),
    )) as string[];
    const ends = await until(async () => {
      const runs = await Promise.all(ids.map((id) => findRun(runtime.database, id)));
      return runs.every(({ state }) => isFinal(state)) ? runs : undefined;
    });
    expect(ends.map(({ result }) => result)).toEqual(payloads.map(({ a }) => ({ sum: a + 1 })));
  });

  test('a wrong payload is refused before anything is written to the transaction', async () => {
    const before = await countRuns();
    await runtime.database.transaction(async (tx) => {
      await expect(runtime.enqueuer.enqueue('adding', { a: 1 }, { tx })).rejects.toMatchObject({
        code: 'payload.invalid',
      });
    });
    expect(await countRuns()).toBe(before);
  });

  test('what is no open transaction is refused, and the message says what it is', async () => {
    const enqueue = (tx: unknown) =>
      runtime.enqueuer.enqueue('adding', { a: 1, b: 1 }, { tx: tx as never });
    const before = await countRuns();
    await expect(enqueue(undefined)).rejects.toThrow('is no transaction');
    await expect(enqueue({})).rejects.toThrow('no transaction that Nightshift knows');
    await expect(enqueue(runtime.database)).rejects.toThrow('is a database');
    await expect(enqueue(kysely)).rejects.toThrow('a Kysely without a transaction');
    if (footprint === 'postgres') await expect(enqueue(pool)).rejects.toThrow('is a pool');
    expect(await countRuns()).toBe(before);
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});
