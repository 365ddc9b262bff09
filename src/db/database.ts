import type { PGlite } from '@electric-sql/pglite';
import type pg from 'pg';
import type { TransactionalSql } from '../core/sql.ts';
import type { Connections } from './connections.ts';

/** What a database is opened by: a Postgres URL, or the folder that PGlite keeps (`memory://` for none). */
export type DatabaseOptions =
  | {
      readonly kind: 'postgres';
      readonly url: string;
      /** Postgres itself, where `url` leads to a pooler that hands out sessions by transaction. */
      readonly directUrl?: string;
      /** What this process may hold at most, all uses together; 16 where nothing is said. */
      readonly connections?: number;
      /** False when Redis does: then the queues take no connection. */
      readonly carriesQueues?: boolean;
    }
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
  /**
   * The same for the handlers of jobs, with a part of the connections: however many they want, a heartbeat, a claim
   * or an outcome finds one.
   */
  readonly handlers: TransactionalSql;
  /** What libraries with an adapter of their own (BullMQ, pg-boss) build on. */
  readonly driver: PostgresDriver | PGliteDriver;
  /** Waits for what runs, then closes; twice is fine. */
  close(): Promise<void>;
}

export interface PostgresDriver {
  readonly kind: 'postgres';
  /** Where a session of one's own is had, past any pooler. */
  readonly url: string;
  readonly connections: Connections;
  /** True when the database's own statements go through a pooler. */
  readonly isPooled: boolean;
  /** A pool beside ours, for a library, of sessions of one's own; its user ends it. */
  openPool(options: LibraryPool): pg.Pool;
  /** How much of each pool is in use now: the ledger's, and those that libraries were given. */
  listPools(): readonly PoolUse[];
  /** What a library threw, or `database.unreachable` where it lost a connection of its own. */
  queryFailure(error: unknown): unknown;
}

export interface PoolUse {
  /** `ledger`, or what the pool of a library is called. */
  readonly name: string;
  readonly open: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
  readonly most: number;
}

export interface LibraryPool {
  readonly size: number;
  /** Told to Postgres after `nightshift-`. */
  readonly name: string;
  readonly searchPath?: string;
  /** After so many milliseconds without an answer a statement fails and its connection is dropped. */
  readonly answerMs?: number;
}

export interface PGliteDriver {
  readonly kind: 'pglite';
  /** Reads columns as `query` does: int8 is a number here, too. */
  readonly pglite: PGlite;
}
