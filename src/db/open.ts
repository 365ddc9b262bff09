import type { OnAvailability } from '../core/availability.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { openPostgres } from './postgres.ts';

/** Opens the database, or throws the `database.*` failure that says what to do. `hear` follows whether the server answers. */
export async function openDatabase(
  options: DatabaseOptions,
  hear?: OnAvailability,
): Promise<Database> {
  if (options.kind === 'postgres') return openPostgres(options, hear);
  // Imported where it is used: a process on a server has no need of PGlite's megabytes.
  const { openPGlite } = await import('./pglite.ts');
  return openPGlite(options);
}
