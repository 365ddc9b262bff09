export type {
  Database,
  DatabaseOptions,
  PGliteDriver,
  PoolUse,
  PostgresDriver,
} from './database.ts';
export {
  type Commit,
  type GroupCommit,
  type OnCommit,
  openGroupCommit,
} from './group-commit.ts';
export { idleBound } from './idle-bound.ts';
export type { Migration } from './migration.ts';
export {
  type MigrationStatus,
  type Migrations,
  openMigrations,
} from './migrations.ts';
export { openDatabase } from './open.ts';
export { isConnectionLost } from './postgres-server.ts';
export { readServerLoad } from './server-load.ts';
export { arrayOf } from './values.ts';
