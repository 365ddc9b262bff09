import pg from 'pg';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Database, DatabaseOptions, PostgresDriver } from './database.ts';
import { openGate } from './gate.ts';
import { openListener } from './postgres-listener.ts';
import { connectTimeoutMs, type PostgresServer, parseServer } from './postgres-server.ts';
import { openTurns } from './turns.ts';
import { columnParser } from './values.ts';

type PostgresOptions = Extract<DatabaseOptions, { kind: 'postgres' }>;

const defaultPoolSize = 10;

/** Opens Postgres by URL; throws `database.url_invalid`, `unreachable`, `refused` or `too_old`. */
export async function openPostgres({ url, poolSize }: PostgresOptions): Promise<Database> {
  const server = parseServer(url);
  const size = poolSize ?? defaultPoolSize;
  const pool = openPool(server, { size, types: { getTypeParser: columnParser } });
  const listener = openListener(() => new pg.Client(server.config));
  const gate = openGate();

  const withConnection = <T>(work: (connection: pg.PoolClient) => Promise<T>) =>
    gate.pass(async () => {
      const connection = await checkOut(pool, server, size);
      return useConnection(connection, work).catch((error: unknown) => {
        throw server.queryFailure(error);
      });
    });

  try {
    const rows = await withConnection((connection) => runQuery(connection, versionQuery));
    server.requireVersion(Number(rows[0]?.['server_version_num']));
  } catch (error) {
    await pool.end();
    throw error;
  }

  return {
    query: (text, values) =>
      withConnection((connection) => runQuery(connection, text, values)) as Promise<never>,
    transaction: (work) => withConnection((connection) => runTransaction(connection, work)),
    listen: (channel, onNotification) =>
      gate.pass(() =>
        listener.listen(channel, onNotification).catch((error: unknown) => {
          throw server.connectFailure(error);
        }),
      ),
    driver: openDriver(server, url),
    close: () => gate.close(async () => void (await Promise.all([listener.close(), pool.end()]))),
  };
}

const versionQuery = 'show server_version_num';

function openDriver(server: PostgresServer, url: string): PostgresDriver {
  return {
    kind: 'postgres',
    url,
    openPool: ({ size, searchPath }) =>
      openPool(server, { size, ...(searchPath === undefined ? {} : { searchPath }) }),
  };
}

interface PoolOptions {
  readonly size: number;
  readonly types?: pg.CustomTypesConfig;
  readonly searchPath?: string;
}

/** A pool whose sessions are in UTC, as PGlite's is, and whose lost connections harm nobody. */
function openPool(server: PostgresServer, { size, types, searchPath }: PoolOptions): pg.Pool {
  const settings = [
    `set timezone to 'UTC'`,
    ...(searchPath === undefined ? [] : [`set search_path to ${searchPath}`]),
  ].join(';');
  const pool = new pg.Pool({
    ...server.config,
    max: size,
    ...(types === undefined ? {} : { types }),
    // Declared as returning nothing, but a promise is awaited before the connection is handed out.
    onConnect: (client) => client.query(settings) as unknown as void,
  });
  const ignore = () => {}; // whoever uses the connection hears of it by the query that fails
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

async function checkOut(
  pool: pg.Pool,
  server: PostgresServer,
  size: number,
): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if ((error as Error).message === 'timeout exceeded when trying to connect')
      throw new Failure('database.busy', { size, seconds: connectTimeoutMs / 1000 }, error);
    throw server.connectFailure(error);
  }
}

/** Gives the connection back after `work`; one that was lost is dropped by the pool. */
async function useConnection<T>(
  connection: pg.PoolClient,
  work: (connection: pg.PoolClient) => Promise<T>,
): Promise<T> {
  let lossReason: Error | undefined;
  const onLoss = (error: Error) => {
    lossReason = error;
  };
  connection.once('error', onLoss);
  try {
    return await work(connection);
  } catch (error) {
    // After a loss every query says no more than that the connection is gone.
    throw lossReason ?? error;
  } finally {
    connection.off('error', onLoss);
    connection.release();
  }
}

async function runQuery(
  connection: pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  // Always the extended protocol: several statements in one text are refused, as they are on PGlite.
  const query = { text, values, queryMode: 'extended' };
  const { rows } = await connection.query<Record<string, unknown>>(
    query as unknown as pg.QueryConfig,
  );
  return rows;
}

async function runTransaction<T>(
  connection: pg.PoolClient,
  work: (tx: Sql) => Promise<T>,
): Promise<T> {
  const inTurn = openTurns();
  let hasEnded = false;
  const tx: Sql = {
    async query(text, values) {
      if (hasEnded) throw new Failure('transaction.ended', {});
      return (await inTurn(() => runQuery(connection, text, values))) as never;
    },
  };
  await connection.query('begin');
  try {
    const result = await work(tx);
    hasEnded = true;
    const { command } = await inTurn(() => connection.query('commit'));
    if (command !== 'COMMIT') throw new Failure('database.aborted', {});
    return result;
  } catch (error) {
    hasEnded = true;
    // Only a lost connection cannot roll back, and then the server does.
    await inTurn(() => connection.query('rollback')).catch(() => {});
    throw error;
  }
}
