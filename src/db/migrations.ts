import { Failure } from '../core/errors.ts';
import type { Database } from './database.ts';
import { type Direction, type Migration, migrationsTable } from './migration.ts';

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

/** The migrations of all domains, by name: `<domain>/0001-<what>`. They are applied in the order of their names. */
export function openMigrations(
  database: Database,
  migrations: Readonly<Record<string, Migration>>,
): Migrations {
  const status = async () => mergeStatus(Object.keys(migrations), await listApplied(database));

  async function migrate(direction: Direction) {
    refuseNewer(await status());
    // Imported where it is used: a process that only checks the schema has no need of Kysely.
    const { moveSchema } = await import('./migrator.ts');
    return moveSchema(database, migrations, direction);
  }

  return {
    up: () => migrate('up'),
    down: async () => (await migrate('down'))[0],
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

async function listApplied(database: Database): Promise<Map<string, Date>> {
  const { schema, table } = migrationsTable;
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
