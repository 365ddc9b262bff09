import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openClient, type Transaction } from '../../src/client/index.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openRelay, type Relay } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const adding = jobOf(
  'adding',
  (_, { a, b }: { a: number; b: number }) => Promise.resolve({ sum: a + b }),
  { payload: z.object({ a: z.number(), b: z.number() }) },
);

interface Jobs {
  readonly adding: {
    readonly payload: { readonly a: number; readonly b: number };
    readonly result: { readonly sum: number };
  };
}

/** A client that is never to be reached: what is enqueued in a transaction needs no HTTP. */
const client = openClient<Jobs>({ url: 'http://127.0.0.1:1' });

type Transact = (work: (tx: Transaction) => Promise<string>) => Promise<string>;

describe.each(['embedded', 'postgres'] as const)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  let pool: pg.Pool;
  let kysely: Kysely<unknown>;
  const kinds: [string, Transact][] = [
    ['Kysely’s', (work) => kysely.transaction().execute((tx) => work(tx as Transaction))],
    footprint === 'postgres'
      ? ['a client of pg', (work) => onClient(work)]
      : ['PGlite’s', (work) => onPGlite(work)],
    ['ours', (work) => runtime.database.transaction((tx) => work(tx as Transaction))],
  ];

  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [adding]);
    const { driver } = runtime.database;
    if (driver.kind === 'postgres') {
      pool = driver.openPool({ size: 2, name: 'test' });
      kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
    } else kysely = new Kysely({ dialect: new PGliteDialect({ pglite: driver.pglite }) });
    await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  });
  afterAll(async () => {
    await relay.close();
    if (footprint === 'postgres') await kysely.destroy();
    await runtime[Symbol.asyncDispose]();
  });

  async function onClient(work: (tx: Transaction) => Promise<string>): Promise<string> {
    const connected = await pool.connect();
    try {
      await connected.query('begin');
      const id = await work(connected);
      await connected.query('commit');
      return id;
    } catch (error) {
      await connected.query('rollback');
      throw error;
    } finally {
      connected.release();
    }
  }

  function onPGlite(work: (tx: Transaction) => Promise<string>): Promise<string> {
    const { driver } = runtime.database;
    if (driver.kind !== 'pglite') throw new Error('not on PGlite');
    return driver.pglite.transaction<string>((tx) => work(tx));
  }

  test.each(kinds)('a run enqueued in %s transaction runs when it commits', async (_, transact) => {
    const id = await transact((tx) =>
      client.enqueueIn(tx, 'adding', { a: 2, b: 3 }, { priority: 4 }),
    );
    const run = await until(
      async () => {
        const found = await findRun(runtime.database, id);
        return found.state === 'succeeded' ? found : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(run).toMatchObject({ result: { sum: 5 }, priority: 4 });
  });

  test.each(kinds)('and is not there when %s transaction rolls back', async (_, transact) => {
    let id = '';
    await expect(
      transact(async (tx) => {
        id = await client.enqueueIn(tx, 'adding', { a: 1, b: 1 });
        throw new Error('the order was wrong');
      }),
    ).rejects.toThrow('the order was wrong');
    await expect(findRun(runtime.database, id)).rejects.toThrow(/no run/);
  });

  test('a second run with the key of the first is the first', async () => {
    const [, transact] = kinds[1]!;
    const enqueue = () =>
      transact((tx) =>
        client.enqueueIn(tx, 'adding', { a: 1, b: 1 }, { unique: { key: 'once', for: '1h' } }),
      );
    expect(await enqueue()).toBe(await enqueue());
  });

  test('what Postgres refuses is thrown as it says it', async () => {
    const [, transact] = kinds[1]!;
    const wrong = transact((tx) =>
      client.enqueueIn(tx, 'adding', { a: 1, b: 1 }, { delay: 'soon' as never }),
    );
    await expect(wrong).rejects.toThrow(/delay/);
  });

  test('what is no transaction is refused', async () => {
    const { driver } = runtime.database;
    const wrong: unknown[] = [
      undefined,
      {},
      kysely,
      runtime.database,
      ...(driver.kind === 'pglite' ? [driver.pglite] : [pool]),
    ];
    for (const tx of wrong)
      await expect(
        client.enqueueIn(tx as Transaction, 'adding', { a: 1, b: 1 }),
      ).rejects.toMatchObject({ code: 'client.argument' });
  });
});

test('a payload of the wrong type does not compile', () => {
  const never = () => {
    // @ts-expect-error -- b is missing
    void client.enqueue('adding', { a: 1 });
    // @ts-expect-error -- there is no such job
    void client.enqueue('subtracting', { a: 1, b: 1 });
    // @ts-expect-error -- a result has no difference
    void client.wait<'adding'>('x').then(({ result }) => result?.difference);
  };
  expect(never).toBeTypeOf('function');
});
