import { Kysely, sql } from 'kysely';
import { type MigrationResultSet, Migrator } from 'kysely/migration';
import { Failure } from '../core/errors.ts';
import type { Database } from './database.ts';
import { openMigrationConnection } from './migration-dialect.ts';

/** One step of the schema, in plain SQL; `down` undoes exactly what `up` did. A released one is never edited. */
export interface Migration {
  readonly up: string;
  readonly down: string;
}

/** `unknown` was applied by a newer version of the code. */
export type AppliedState = 'applied' | 'pending' | 'unknown';

export interface MigrationStatus {
  readonly name: string;
  readonly state: AppliedState;
  readonly appliedAt?: Date;
}

/** Moves the schema up and down. Two processes may do so at once: the second waits for the first. */
export interface Migrations {
  /** Applies what is pending, all or nothing, and returns the names of it. */
  up(): Promise<string[]>;
  /** Undoes the one applied last and returns its name, or undefined when there is none. */
  down(): Promise<string | undefined>;
  /** Every migration by name, those included that only a newer version knows. */
  status(): Promise<MigrationStatus[]>;
  /** Throws `database.not_migrated` or `database.schema_newer` unless the schema is the code's. */
  requireMigrated(): Promise<void>;
}

const schema = 'nightshift';
const table = 'migrations';

/** The migrations of all domains, by name: `<domain>/0001-<what>`. They are applied in the order of their names. */
export function openMigrations(
  database: Database,
  migrations: Readonly<Record<string, Migration>>,
): Migrations {
  const status = async () => mergeStatus(Object.keys(migrations), await listApplied(database));

  async function migrate(move: (migrator: Migrator) => Promise<MigrationResultSet>) {
    refuseNewer(await status());
    const connection = openMigrationConnection(database);
    try {
      return namesOf(await move(openMigrator(new Kysely(connection), migrations)));
    } finally {
      await connection.close();
    }
  }

  return {
    up: () => migrate((migrator) => migrator.migrateToLatest()),
    down: async () => (await migrate((migrator) => migrator.migrateDown()))[0],
    status,
    async requireMigrated() {
      const found = await status();
      refuseNewer(found);
      const pending = found.filter(({ state }) => state === 'pending');
      if (pending[0])
        throw new Failure('database.not_migrated', {
          count: pending.length,
          name: pending[0].name,
        });
    },
  };
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
    migrationTableSchema: schema,
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
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

async function listApplied(database: Database): Promise<Map<string, Date>> {
  const [found] = await database.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [`${schema}.${table}`],
  );
  if (!found?.exists) return new Map();
  const rows = await database.query<{ name: string; timestamp: string }>(
    `select name, timestamp from ${schema}.${table}`,
  );
  return new Map(rows.map(({ name, timestamp }) => [name, new Date(timestamp)]));
}

function mergeStatus(
  known: readonly string[],
  applied: ReadonlyMap<string, Date>,
): MigrationStatus[] {
  const names = [...new Set([...known, ...applied.keys()])].sort();
  return names.map((name) => {
    const appliedAt = applied.get(name);
    if (!appliedAt) return { name, state: 'pending' };
    return { name, state: known.includes(name) ? 'applied' : 'unknown', appliedAt };
  });
}

function refuseNewer(found: readonly MigrationStatus[]): void {
  const unknown = found.filter(({ state }) => state === 'unknown').map(({ name }) => name);
  if (unknown.length > 0) throw new Failure('database.schema_newer', { names: unknown.join(', ') });
}
