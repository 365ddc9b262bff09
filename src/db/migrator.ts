import { Kysely, sql } from 'kysely';
import { type MigrationResultSet, Migrator } from 'kysely/migration';
import { Failure } from '../core/errors.ts';
import type { Database } from './database.ts';
import { type Direction, type Migration, migrationsTable } from './migration.ts';
import { openMigrationConnection } from './migration-dialect.ts';

/** Applies all that is pending, or undoes the last, and answers the names of what was moved. */
export async function moveSchema(
  database: Database,
  migrations: Readonly<Record<string, Migration>>,
  direction: Direction,
): Promise<string[]> {
  const connection = openMigrationConnection(database);
  const migrator = openMigrator(new Kysely(connection), migrations);
  try {
    return namesOf(
      await (direction === 'up' ? migrator.migrateToLatest() : migrator.migrateDown()),
    );
  } finally {
    await connection.close();
  }
}

function openMigrator(
  db: Kysely<unknown>,
  migrations: Readonly<Record<string, Migration>>,
): Migrator {
  const run = (text: string) => async (on: Kysely<unknown>) =>
    void (await sql.raw(text).execute(on));
  const entries = Object.entries(migrations);
  return new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          entries.map(([name, { up, down }]) => [name, { up: run(up), down: run(down) }]),
        ),
    },
    migrationTableSchema: migrationsTable.schema,
    migrationTableName: migrationsTable.table,
    migrationLockTableName: `${migrationsTable.table}_lock`,
    allowUnorderedMigrations: true,
  });
}

function namesOf({ error, results = [] }: MigrationResultSet): string[] {
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error');
    if (!failed) throw error;
    const reason = (error as Error).message;
    const direction = failed.direction.toLowerCase();
    throw new Failure(
      'database.migration_failed',
      { name: failed.migrationName, direction, reason },
      error,
    );
  }
  return results.map(({ migrationName }) => migrationName);
}
