import pg from 'pg';
import { Failure } from '../core/errors.ts';
import { connectTimeoutMs, type PostgresServer } from './postgres-server.ts';

export interface PoolOptions {
  readonly size: number;
  readonly name?: string;
  readonly types?: pg.CustomTypesConfig;
  readonly searchPath?: string;
  readonly answerMs?: number;
}

/** A pool whose sessions are in UTC, as PGlite's is, and whose lost connections harm nobody. */
export function openPool(server: PostgresServer, options: PoolOptions): pg.Pool {
  const { size, name, types, searchPath, answerMs } = options;
  const settings = [
    // PgBouncer carries the time zone from session to session, since Postgres reports its changes.
    `set timezone to 'UTC'`,
    ...(searchPath === undefined ? [] : [`set search_path to ${searchPath}`]),
  ].join(';');
  const pool = new pg.Pool({
    ...server.config,
    max: size,
    ...(name !== undefined && { application_name: `nightshift-${name}` }),
    ...(types && { types }),
    ...(answerMs !== undefined && { query_timeout: answerMs }),
    // Declared as returning nothing, but a promise is awaited before the connection is handed out.
    onConnect: (client) =>
      client.query({ text: settings, query_timeout: connectTimeoutMs } as pg.QueryConfig) as never,
  });
  const ignore = () => {}; // whoever uses the connection hears of it by the query that fails
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

/** A connection of `pool`; throws `database.busy` when all are in use for 5 s, else why there is none. */
export async function checkOut(pool: pg.Pool, server: PostgresServer): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if ((error as Error).message === 'timeout exceeded when trying to connect') {
      const seconds = connectTimeoutMs / 1000;
      throw new Failure('database.busy', { size: pool.options.max, seconds }, error);
    }
    throw server.connectFailure(error);
  }
}

/** Gives the connection back after `work`; one that was lost is dropped by the pool. */
export async function useConnection<T>(
  connection: pg.PoolClient,
  work: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  let isSpoilt = false;
  let lossReason: Error | undefined;
  const onLoss = (error: Error) => {
    lossReason = error;
  };
  connection.once('error', onLoss);
  try {
    return await work(connection);
  } catch (error) {
    // Somebody said DISCARD ALL, and what the session was told at its start is gone, too.
    isSpoilt = (error as { code?: unknown }).code === unknownStatement;
    // After a loss every query says no more than that the connection is gone.
    throw lossReason ?? error;
  } finally {
    connection.off('error', onLoss);
    connection.release(isSpoilt);
  }
}

/** SQLSTATE: a prepared statement is not there. */
const unknownStatement = '26000';
