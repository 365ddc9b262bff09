import type { PGlite } from '@electric-sql/pglite';
import type pg from 'pg';
import type { TransactionalSql } from '../core/sql.ts';

/** What a database is opened by: a Postgres URL, or the folder that PGlite keeps (`memory://` for none). */
export type DatabaseOptions =
  | { readonly kind: 'postgres'; readonly url: string; readonly poolSize?: number }
  | {
      readonly kind: 'pglite';
      /** `memory://` is a database in memory, gone when it is closed. */
      readonly folder: string;
      /** What one in memory begins with: an uncompressed dump of another's data. */
      readonly snapshot?: Blob;
    };

/** An open database. Statements name their schema: nothing may rest on a search path. */
export interface Database extends TransactionalSql {
  /**
   * Calls `onNotification` for each NOTIFY on `channel`, across reconnects, until the returned function is called.
   * What is sent while the connection is down is lost: a notification is a hint to look.
   */
  listen(channel: string, onNotification: (payload: string) => void): Promise<() => Promise<void>>;
  /** What libraries with an adapter of their own (BullMQ, pg-boss) build on. */
  readonly driver: PostgresDriver | PGliteDriver;
  /** Waits for what runs, then closes; twice is fine. */
  close(): Promise<void>;
}

export interface PostgresDriver {
  readonly kind: 'postgres';
  readonly url: string;
  /** A pool beside ours, for a library; its user ends it. */
  openPool(options: { readonly size: number; readonly searchPath?: string }): pg.Pool;
}

export interface PGliteDriver {
  readonly kind: 'pglite';
  /** Reads columns as `query` does: int8 is a number here, too. */
  readonly pglite: PGlite;
}
