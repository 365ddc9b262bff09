import type { Database, DatabaseOptions } from './database.ts';
import { openPGlite } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/** Opens the database, or throws the `database.*` failure that says what to do. */
export function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.kind === 'postgres' ? openPostgres(options) : openPGlite(options);
}
