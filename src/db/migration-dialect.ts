import type { PGlite, Transaction } from '@electric-sql/pglite';
import { type Dialect, PGliteDialect, type PGliteDialectConfig, PostgresDialect } from 'kysely';
import type { Database, PGliteDriver, PostgresDriver } from './database.ts';

/** A connection for Kysely's migrator, on which a migration may be many statements. */
export interface MigrationConnection {
  readonly dialect: Dialect;
  close(): Promise<void>;
}

export function openMigrationConnection({ driver }: Database): MigrationConnection {
  return driver.kind === 'postgres' ? connectPostgres(driver) : connectPGlite(driver);
}

function connectPostgres(driver: PostgresDriver): MigrationConnection {
  const pool = driver.openPool({ size: 1, name: 'migrations' });
  return { dialect: new PostgresDialect({ pool }), close: () => pool.end() };
}

/** Closes nothing: the database is its owner's. */
function connectPGlite({ pglite }: PGliteDriver): MigrationConnection {
  return { dialect: new PGliteDialect({ pglite: allowScripts(pglite) }), close: async () => {} };
}

type KyselyPGlite = Exclude<PGliteDialectConfig['pglite'], (...args: never) => unknown>;

/** PGlite's `query` takes one statement and `exec` takes many; node-postgres decides by the parameters, and so does this. */
function allowScripts(pglite: PGlite): KyselyPGlite {
  const queryOn = (on: PGlite | Transaction): KyselyPGlite['query'] =>
    (async (text: string, values: unknown[] = [], options?: object) =>
      values.length > 0
        ? on.query(text, values, options)
        : (await on.exec(text, options)).at(-1)) as KyselyPGlite['query'];
  return {
    closed: pglite.closed,
    ready: pglite.ready,
    waitReady: pglite.waitReady,
    close: () => pglite.close(),
    query: queryOn(pglite),
    transaction: (work) =>
      pglite.transaction((tx) => work({ query: queryOn(tx), rollback: () => tx.rollback() })),
  };
}
