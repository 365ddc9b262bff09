import type { OnAvailability } from '../core/availability.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { openPGlite } from './pglite.ts';
import { openPostgres } from './postgres.ts';

/** Opens the database, or throws the `database.*` failure that says what to do. `hear` follows whether the server answers. */
export function openDatabase(options: DatabaseOptions, hear?: OnAvailability): Promise<Database> {
  return options.kind === 'postgres' ? openPostgres(options, hear) : openPGlite(options);
}
