import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/db/index.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

describe.each(databaseKinds)('a database on %s', (kind) => {
  let place: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await openTestDatabase(kind);
    ({ database } = place);
    await database.query('create table public.note (id int8 primary key, text text not null)');
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const noteIds = async () => {
    const rows = await database.query<{ id: number }>('select id from public.note order by id');
    return rows.map(({ id }) => id);
  };
  const addNote = 'insert into public.note values ($1, $2)';

  test('a transaction commits together', async () => {
    const result = await database.transaction(async (tx) => {
      await Promise.all([tx.query(addNote, [1, 'a']), tx.query(addNote, [2, 'b'])]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await noteIds()).toEqual([1, 2]);
  });

  test('a transaction that throws leaves nothing, and its error comes through', async () => {
    const thrown = new Error('no');
    const failing = database.transaction(async (tx) => {
      await tx.query(addNote, [10, 'x']);
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    expect(await noteIds()).not.toContain(10);
  });

  test('a transaction that swallows an error of SQL is rolled back and says so', async () => {
    const failing = database.transaction(async (tx) => {
      await tx.query(addNote, [20, 'x']);
      await tx.query('select 1/0').catch(() => {});
    });
    await expect(failing).rejects.toMatchObject({ code: 'database.aborted' });
    expect(await noteIds()).not.toContain(20);
  });

  test('a statement with a name does what it does without, and is planned once where sessions are kept', async () => {
    const plans = await database.transaction(async (tx) => {
      for (const said of [1, 2])
        expect(await tx.query('select $1::int as said', [said], 'say')).toEqual([{ said }]);
      return tx.query('select name from pg_prepared_statements');
    });
    expect(plans).toEqual(kind === 'postgres' ? [{ name: 'say' }] : []);
  });

  test('a query after its transaction has ended is refused', async () => {
    const tx = await database.transaction(async (tx) => tx);
    await expect(tx.query('select 1')).rejects.toMatchObject({ code: 'transaction.ended' });
  });

  test('an error of SQL keeps its SQLSTATE, and the database goes on', async () => {
    await database.query(addNote, [30, 'x']);
    await expect(database.query(addNote, [30, 'x'])).rejects.toMatchObject({
      code: '23505',
      constraint: 'note_pkey',
    });
    await expect(database.query('select nonsense')).rejects.toMatchObject({ code: '42703' });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('several statements in one text are refused', async () => {
    await expect(database.query('select 1; select 2')).rejects.toMatchObject({ code: '42601' });
  });

  test('a listener hears its channel only, and nothing once it stopped', async () => {
    const heard: string[] = [];
    const stop = await database.listen('Loud-Channel', (payload) => heard.push(payload));
    const stopOther = await database.listen('other', () => heard.push('other'));
    const notify = (payload: string) =>
      database.query('select pg_notify($1, $2)', ['Loud-Channel', payload]);
    await notify('first');
    await until(() => heard.length === 1);
    await stop();
    await stop();
    await notify('second');
    const stopAgain = await database.listen('Loud-Channel', (payload) => heard.push(payload));
    await notify('third');
    await until(() => heard.includes('third'));
    expect(heard).toEqual(['first', 'third']);
    await stopAgain();
    await stopOther();
  });
});

describe.each(databaseKinds)('closing on %s', (kind) => {
  test('waits for what runs, refuses what comes, and twice is fine', async () => {
    await using place = await openTestDatabase(kind);
    const { database } = place;
    await database.query('create table public.note (id int)');
    const running = database.transaction(async (tx) => {
      await tx.query('select pg_sleep(0.2)');
      await tx.query('insert into public.note values (1)');
      return 'committed';
    });
    const closing = Promise.all([database.close(), database.close()]);
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'database.closed' });
    expect(await running).toBe('committed');
    await closing;
    await database.close();
  });
});
