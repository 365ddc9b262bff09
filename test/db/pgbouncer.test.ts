import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, openMigrations } from '../../src/db/index.ts';
import { createTestPlace, type TestPlace } from '../support/database.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import type { TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

let place: TestPlace;
let bouncer: TestServer;
let directUrl: string;
beforeAll(async () => {
  place = await createTestPlace('postgres');
  directUrl = (place.options as { url: string }).url;
  bouncer = await startPgBouncer({ url: directUrl });
});
afterAll(async () => {
  await bouncer[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const open = (more: object = {}) =>
  openDatabase({ kind: 'postgres', url: bouncer.url, connections: 8, ...more });

describe('a PgBouncer in transaction mode', () => {
  test('without DATABASE_DIRECT_URL is refused, and what to set is said', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'database.pooled',
      message: expect.stringMatching(
        /^DATABASE_URL leads to a pooler at 127\.0\.0\.1:\d+.*Set DATABASE_DIRECT_URL/,
      ) as string,
    });
  });

  test('is no way past itself', async () => {
    await expect(open({ directUrl: bouncer.url })).rejects.toMatchObject({
      code: 'database.pooled',
      details: { variable: 'DATABASE_DIRECT_URL' },
    });
  });

  test('is refused beside a direct way to another database', async () => {
    await using other = await createTestPlace('postgres');
    const { url } = other.options as { url: string };
    await expect(open({ directUrl: url })).rejects.toMatchObject({ code: 'database.elsewhere' });
  });

  test('carries statements and transactions; notifications and migrations go past it', async () => {
    const database = await open({ directUrl });
    const heard: string[] = [];
    await database.listen('News', (payload) => heard.push(payload));
    const note = {
      up: 'create table nightshift.note (id int)',
      down: 'drop table nightshift.note',
    };
    await openMigrations(database, { 'x/0001-note': note }).up();
    await Promise.all(
      Array.from({ length: 60 }, (_, id) =>
        database.transaction(async (tx) => {
          await tx.query('insert into nightshift.note values ($1)', [id]);
          await tx.query(`select pg_notify('News', $1)`, [String(id)]);
        }),
      ),
    );
    expect(await database.query('select count(*) as notes from nightshift.note')).toEqual([
      { notes: 60 },
    ]);
    await until(() => heard.length === 60);
    await database.close();
  });

  test('gives every session UTC, whatever another client sets in its own', async () => {
    const database = await open({ directUrl });
    const other = new pg.Client({ connectionString: bouncer.url });
    await other.connect();
    for (let i = 0; i < 10; i++) {
      await other.query(`set timezone to 'Asia/Tokyo'`);
      const zones = await Promise.all(
        [1, 2].map(() => database.query(`select current_setting('TimeZone') as zone`)),
      );
      expect(zones.flat()).toEqual([{ zone: 'UTC' }, { zone: 'UTC' }]);
    }
    await other.end();
    await database.close();
  });

  test('carries statements with a name, and keeps no plan of them', async () => {
    const database = await open({ directUrl });
    const asked = Array.from({ length: 20 }, (_, i) =>
      database.query('select $1::int as said', [i], 'say'),
    );
    expect((await Promise.all(asked)).flat()).toEqual(asked.map((_, said) => ({ said })));
    expect(await database.query('select name from pg_prepared_statements')).toEqual([]);
    await database.close();
  });
});

test('a PgBouncer in session mode needs no DATABASE_DIRECT_URL', async () => {
  await using sessions = await startPgBouncer({ url: directUrl, mode: 'session' });
  const database = await openDatabase({ kind: 'postgres', url: sessions.url, connections: 8 });
  const heard: string[] = [];
  await database.listen('News', (payload) => heard.push(payload));
  await database.query(`select pg_notify('News', 'here')`);
  await until(() => heard.length === 1);
  await database.close();
});
