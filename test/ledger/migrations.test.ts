import { expect, test } from 'vitest';
import { type Database, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';

/** What a migration may change: columns, indexes, functions with who may call them, triggers. */
async function describeSchema({ query }: Database): Promise<unknown[]> {
  return Promise.all(
    [
      `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
       where table_schema = 'nightshift' order by table_name, column_name`,
      `select indexdef from pg_indexes where schemaname = 'nightshift' order by indexdef`,
      `select pg_get_functiondef(oid) as text, proacl::text from pg_proc
       where pronamespace = 'nightshift'::regnamespace order by text`,
      `select trigger_name, event_object_table from information_schema.triggers
       where trigger_schema = 'nightshift' order by 1, 2`,
    ].map((text) => query(text)),
  );
}

const newest = 2;

test.each(databaseKinds)(
  'on %s the newest migrations go down to what was there before, and up again',
  async (kind) => {
    const all = Object.entries(ledgerMigrations);
    await using newer = await openTestDatabase(kind, ledgerMigrations);
    const migrations = openMigrations(newer.database, ledgerMigrations);
    const whole = await describeSchema(newer.database);
    for (let left = all.length - 1; left >= all.length - newest; left--) {
      await using older = await openTestDatabase(kind, Object.fromEntries(all.slice(0, left)));
      expect(await migrations.down()).toBe(all[left]![0]);
      expect(await describeSchema(newer.database)).toEqual(await describeSchema(older.database));
    }
    expect(await migrations.up()).toEqual(all.slice(-newest).map(([name]) => name));
    expect(await describeSchema(newer.database)).toEqual(whole);
  },
);
