import { describe, expect, test } from 'vitest';
import { type Database, type Migration, openDatabase, openMigrations } from '../../src/db/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';

const things: Record<string, Migration> = {
  'ledger/0001-things': {
    up: `create table nightshift.thing (id int);
         -- a migration is a script
         insert into nightshift.thing values (1), (2);`,
    down: 'drop table nightshift.thing',
  },
  'ledger/0002-names': {
    up: 'alter table nightshift.thing add column name text',
    down: 'alter table nightshift.thing drop column name',
  },
};
/** Sorts before what is applied already, as another domain's may. */
const earlier: Record<string, Migration> = {
  'audit/0001-entries': {
    up: 'create table nightshift.entry (id int)',
    down: 'drop table nightshift.entry',
  },
};
const broken: Record<string, Migration> = {
  ...earlier,
  'ledger/0003-broken': { up: 'create table nightshift.x (id int); select nonsense', down: '' },
};

async function describeSchema(database: Database): Promise<unknown> {
  return database.query(
    `select table_name, column_name, data_type from information_schema.columns
     where table_schema = 'nightshift' and table_name not like 'migrations%' order by 1, 2`,
  );
}

describe.each(databaseKinds)('migrations on %s', (kind) => {
  test('go up once, are listed, and go down one by one to where they began', async () => {
    await using place = await openTestDatabase(kind);
    const { database } = place;
    const migrations = openMigrations(database, things);
    const states = async () => (await migrations.status()).map(({ state }) => state);
    expect(await states()).toEqual(['pending', 'pending']);

    expect(await migrations.up()).toEqual(['ledger/0001-things', 'ledger/0002-names']);
    expect(await migrations.up()).toEqual([]);
    expect(await states()).toEqual(['applied', 'applied']);
    const [first] = await migrations.status();
    expect(Math.abs(Date.now() - Number(first?.appliedAt))).toBeLessThan(60_000);
    expect(await database.query('select * from nightshift.thing order by id')).toEqual([
      { id: 1, name: null },
      { id: 2, name: null },
    ]);
    const schema = await describeSchema(database);

    expect(await migrations.down()).toBe('ledger/0002-names');
    expect(await states()).toEqual(['applied', 'pending']);
    expect(await migrations.down()).toBe('ledger/0001-things');
    expect(await migrations.down()).toBeUndefined();
    expect(await describeSchema(database)).toEqual([]);

    await migrations.up();
    expect(await describeSchema(database)).toEqual(schema);
  });

  test('of another domain come later and are undone first', async () => {
    await using place = await openTestDatabase(kind, things);
    const migrations = openMigrations(place.database, { ...things, ...earlier });
    expect(await migrations.up()).toEqual(['audit/0001-entries']);
    expect(await migrations.down()).toBe('audit/0001-entries');
  });

  test('of which one fails change nothing, and it is named', async () => {
    await using place = await openTestDatabase(kind, things);
    const { database } = place;
    const before = await describeSchema(database);
    const migrations = openMigrations(database, { ...things, ...broken });
    await expect(migrations.up()).rejects.toMatchObject({
      code: 'database.migration_failed',
      message: expect.stringMatching(/ledger\/0003-broken failed to go up.*nonsense/) as string,
    });
    expect(await describeSchema(database)).toEqual(before);
    expect(await openMigrations(database, { ...things, ...earlier }).up()).toHaveLength(1);
  });

  test('that the code does not know stop it, and are named', async () => {
    await using place = await openTestDatabase(kind, { ...things, ...earlier });
    const older = openMigrations(place.database, earlier);
    const newer = {
      code: 'database.schema_newer',
      message: expect.stringContaining('ledger/0001-things, ledger/0002-names') as string,
    };
    await expect(older.up()).rejects.toMatchObject(newer);
    await expect(older.down()).rejects.toMatchObject(newer);
    await expect(older.requireMigrated()).rejects.toMatchObject(newer);
    expect((await older.status()).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'audit/0001-entries applied',
      'ledger/0001-things unknown',
      'ledger/0002-names unknown',
    ]);
  });

  test('that are pending stop a process, which is told the command', async () => {
    await using place = await openTestDatabase(kind);
    const migrations = openMigrations(place.database, things);
    await expect(migrations.requireMigrated()).rejects.toMatchObject({
      code: 'database.not_migrated',
      message: expect.stringContaining('nightshift migrate up') as string,
    });
    await migrations.up();
    await migrations.requireMigrated();
  });
});

test('migrations started by many processes at once are applied once', async () => {
  await using place = await openTestDatabase('postgres');
  const databases = await Promise.all([1, 2, 3, 4].map(() => openDatabase(place.options)));
  const applied = await Promise.all(
    databases.map((database) => openMigrations(database, things).up()),
  );
  expect(applied.flat()).toEqual(Object.keys(things));
  expect(await place.database.query('select id from nightshift.thing')).toHaveLength(2);
  await Promise.all(databases.map((database) => database.close()));
});
