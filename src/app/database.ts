import type { Config } from '../../config/index.ts';
import { jobMigrations } from '../../jobs/index.ts';
import { auditMigrations } from '../audit/index.ts';
import { authMigrations } from '../auth/index.ts';
import type { OnAvailability } from '../core/availability.ts';
import { type Database, openDatabase, openMigrations } from '../db/index.ts';
import { documentsMigrations } from '../documents/index.ts';
import { hooksMigrations } from '../hooks/index.ts';
import { ensurePartitions, ledgerMigrations, plantSettings } from '../ledger/index.ts';

/** Every migration of the product, each domain's and each job's, in the order they are applied. */
export const productMigrations = {
  ...ledgerMigrations,
  ...auditMigrations,
  ...authMigrations,
  ...documentsMigrations,
  ...hooksMigrations,
  ...jobMigrations,
};

export function openDatabaseOf(config: Config, hear?: OnAvailability): Promise<Database> {
  return openDatabase(config.database, hear);
}

export function migrationsOf(database: Database) {
  return openMigrations(database, productMigrations);
}

/** Embedded brings its schema up by itself; on a server that is a step of the release, and a pending one is an error. */
export async function prepareSchema(config: Config, database: Database): Promise<void> {
  const schema = migrationsOf(database);
  if (config.footprint === 'embedded') await schema.up();
  else await schema.requireMigrated();
  // After weeks of rest the next partition is missing, and the control plane may be another process.
  await ensurePartitions(database);
  await plantSettings(database, config.runtime);
}
