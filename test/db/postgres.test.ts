import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { parseServer } from '../../src/db/postgres-server.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { findFreePort, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const openUrl = (url: string) => openDatabase({ kind: 'postgres', url });

function change(url: string, parts: Partial<URL>): string {
  return Object.assign(new URL(url), parts).href;
}

describe('a DATABASE_URL', () => {
  test.each([
    ['mysql://localhost/x', 'postgres://'],
    ['localhost:5432', 'postgres://'],
    ['postgres://user:s3cret@host:99999/x', ''],
    ['postgres://host/x?sslmode=verify-full&sslrootcert=/no/such/file', '/no/such/file'],
  ])('of %s is not taken', async (url, reason) => {
    const failure = await openUrl(url).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'database.url_invalid' });
    expect((failure as Error).message).toContain(reason);
    expect((failure as Error).message).not.toContain('s3cret');
  });

  test('where nothing listens names host, port and reason, and no password', async () => {
    const port = await findFreePort();
    const failure = await openUrl(`postgres://me:s3cret@127.0.0.1:${port}/x`).catch(String);
    expect(failure).toContain(`127.0.0.1:${port} does not answer: nothing listens there`);
    expect(failure).not.toContain('s3cret');
  });

  test('of a host that is none says so', async () => {
    await expect(openUrl('postgres://no-such-host.invalid/x')).rejects.toMatchObject({
      code: 'database.unreachable',
      message: expect.stringMatching(/no such host|cannot be looked up/) as string,
    });
  });

  test('of a missing database is refused', async () => {
    const url = change(inject('databaseUrl'), { pathname: '/no_such_database' });
    await expect(openUrl(url)).rejects.toMatchObject({
      code: 'database.refused',
      message: expect.stringContaining('"no_such_database" does not exist') as string,
    });
  });

  test('of a server that is too old is refused', () => {
    const server = parseServer('postgres://old.example/x');
    expect(() => server.requireVersion(130_014)).toThrow(
      'Postgres at old.example:5432 is version 13, and 14 or newer is needed.',
    );
    expect(() => server.requireVersion(140_000)).not.toThrow();
  });
});

describe('a server that asks for a password', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgresServer({ password: 'r1ght' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('opens with the right one and refuses others, which are never printed', async () => {
    const database = await openUrl(server.url);
    await database.close();
    for (const password of ['wr0ng', '']) {
      const failure = await openUrl(change(server.url, { password })).catch(
        (error: unknown) => error as Error,
      );
      expect(failure).toMatchObject({ code: 'database.refused' });
      expect((failure as Error).message).not.toContain('wr0ng');
    }
  });

  test('that is stopped fails queries at once, and serves them when it is back', async () => {
    const database = await openUrl(server.url);
    const heard: string[] = [];
    await database.listen('news', (payload) => heard.push(payload));
    // With its sessions: those of a killed postmaster answer for a moment longer.
    await server.stop('SIGQUIT');
    const startedAt = performance.now();
    await expect(database.query('select 1')).rejects.toMatchObject({
      code: 'database.unreachable',
      message: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
    });
    await expect(database.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject({
      code: 'database.unreachable',
    });
    await expect(database.listen('more', () => {})).rejects.toMatchObject({
      code: 'database.unreachable',
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await server.start();
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await until(async () => {
      await database.query(`select pg_notify('news', 'back')`);
      return heard.includes('back');
    });
    await database.close();
  });
});

describe('a connection that is lost', () => {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await openTestDatabase('postgres');
    ({ database } = place);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const cutOthers = `select count(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;

  test('while it was idle is replaced, and its listeners hear again', async () => {
    const heard: string[] = [];
    await database.listen('Wake', (payload) => heard.push(payload));
    await Promise.all([1, 2, 3].map(() => database.query('select pg_sleep(0.05)')));
    await cutFromOutside();
    await until(async () => {
      await database.query(`select pg_notify('Wake', 'again')`).catch(() => {});
      return heard.includes('again');
    });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('in the middle of a transaction fails it, and leaves nothing of it', async () => {
    await database.query('create table public.note (id int)');
    const failing = database.transaction(async (tx) => {
      await tx.query('insert into public.note values (1)');
      await cutFromOutside();
      await tx.query('insert into public.note values (2)');
    });
    await expect(failing).rejects.toMatchObject({ code: 'database.unreachable' });
    expect(await database.query('select * from public.note')).toEqual([]);
  });

  test('because its transaction idled too long says that', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.query(`set local idle_in_transaction_session_timeout = '50ms'`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await tx.query('select 1');
    });
    await expect(failing).rejects.toMatchObject({ code: '25P03' });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  async function cutFromOutside(): Promise<void> {
    const outside = new pg.Client({ connectionString: (place.options as { url: string }).url });
    await outside.connect();
    await outside.query(cutOthers);
    await outside.end();
  }
});

describe('a pool', () => {
  test('whose connections are all busy for 5 s says so', async () => {
    await using place = await openTestDatabase('postgres');
    const { url } = place.options as { url: string };
    const database = await openDatabase({ kind: 'postgres', url, connections: 8 });
    // Of eight the ledger's pool has two here, and a slow statement is left alone.
    const busy = Promise.all([1, 2].map(() => database.query('select pg_sleep(6)')));
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'database.busy' });
    await busy;
    await database.close();
  });

  test('gives up a session that somebody made forget what it was told', async () => {
    await using place = await openTestDatabase('postgres');
    const { database } = place;
    const say = () => database.query(`select 'x' as said`, [], 'say');
    await say();
    await database.query('discard all');
    await expect(say()).rejects.toMatchObject({ code: '26000' });
    for (let i = 0; i < 5; i++) expect(await say()).toEqual([{ said: 'x' }]);
  });

  test('leaves a heartbeat its connection, whatever handlers hold', async () => {
    await using place = await openTestDatabase('postgres');
    const { url } = place.options as { url: string };
    const database = await openDatabase({ kind: 'postgres', url, connections: 8 });
    // Of the two of the ledger's pool, handlers may have one.
    const release = Promise.withResolvers<void>();
    const held = Promise.allSettled(
      [1, 2].map(() => database.handlers.transaction(() => release.promise)),
    );
    const late = database.handlers.query('select 1');
    await expect(late).rejects.toMatchObject({ code: 'database.busy', details: { size: 1 } });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    release.resolve();
    await expect(held).resolves.toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'database.busy' } },
    ]);
    expect(await database.handlers.query('select 2 as two')).toEqual([{ two: 2 }]);
    await database.close();
  });

  test('for a library has its search path, and its sessions carry our name', async () => {
    await using place = await openTestDatabase('postgres');
    const { driver } = place.database;
    if (driver.kind !== 'postgres') throw new Error('not Postgres');
    const pool = driver.openPool({ size: 2, name: 'library', searchPath: 'bullmq' });
    const { rows } = await pool.query<object>(
      `select current_setting('search_path') as path, current_setting('application_name') as name, 1::int8 as big`,
    );
    expect(rows).toEqual([{ path: 'bullmq', name: 'nightshift-library', big: '1' }]);
    await pool.end();
  });
});
