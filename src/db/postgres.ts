import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type OnAvailability, openAvailability } from '../core/availability.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { divideConnections } from './connections.ts';
import type { Database, DatabaseOptions, PostgresDriver } from './database.ts';
import { openGate } from './gate.ts';
import { openListener } from './postgres-listener.ts';
import { checkOut, openPool, useConnection } from './postgres-pool.ts';
import { checkDirect, type Identity, identify, refuseSharedSessions } from './postgres-pooler.ts';
import { type PostgresServer, parseServer } from './postgres-server.ts';
import { openSilenceWatch, type SilenceWatch } from './postgres-watch.ts';
import { openShare } from './share.ts';
import { openTurns } from './turns.ts';
import { columnParser } from './values.ts';

type PostgresOptions = Extract<DatabaseOptions, { kind: 'postgres' }>;

/** Opens Postgres by URL; throws `database.url_invalid`, `unreachable`, `refused`, `too_old`, `pooled` or `elsewhere`. */
export async function openPostgres(
  options: PostgresOptions,
  hear?: OnAvailability,
): Promise<Database> {
  const { url, directUrl, connections: total = 16, carriesQueues = true } = options;
  const server = parseServer(url);
  const direct = directUrl === undefined ? server : parseServer(directUrl, 'DATABASE_DIRECT_URL');
  const connections = divideConnections(total, carriesQueues);
  const types = { getTypeParser: columnParser };
  const pool = openPool(server, { size: connections.ledger, types });
  const sessions = openSessions(pool, server, hear);
  const identity = await meet(sessions, server, direct).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const watch = openSilenceWatch(server.config, identity.isPooled);
  // A pooler may run the next statement in another session, and PgBouncer before 1.21 knows nothing of names.
  const mayName = !identity.isPooled && directUrl === undefined;
  const statement = openStatement(watch, { mayName });
  const listener = openListener(() => new pg.Client(listenerConfig(direct)));
  const gate = openGate();
  const use: Sessions['use'] = (work) => gate.pass(() => sessions.use(work));

  const sql: TransactionalSql = {
    query: (...asked) =>
      use(async (connection) => (await statement(connection, ...asked)).rows) as Promise<never>,
    transaction: (work) => use((connection) => runTransaction({ connection, statement, work })),
  };

  return {
    ...sql,
    handlers: openShare(sql, connections.handlers),
    listen: (channel, onNotification) =>
      gate.pass(() =>
        listener.listen(channel, onNotification).catch((error: unknown) => {
          throw direct.connectFailure(error);
        }),
      ),
    driver: openDriver(direct, pool, { connections, isPooled: identity.isPooled }),
    close: () =>
      gate.close(async () => {
        watch.close();
        await Promise.race([
          Promise.all([listener.close(), pool.end()]),
          sleep(farewellMs, undefined, { ref: false }),
        ]);
      }),
  };
}

/** A server that is silent does not say goodbye, and nothing is under way any more. */
const farewellMs = 3_000;

/** Asks the server which it is, and refuses one that does not do. */
async function meet(
  sessions: Sessions,
  server: PostgresServer,
  direct: PostgresServer,
): Promise<Identity> {
  const identity = await sessions.use(identify);
  server.requireVersion(identity.versionNumber);
  if (direct === server) await refuseSharedSessions(server, identity);
  else await checkDirect(direct, identity);
  return identity;
}

interface Sessions {
  /** Lends a connection to `work`, and turns the loss of it into `database.unreachable`. */
  use<T>(work: (connection: pg.PoolClient) => Promise<T>): Promise<T>;
}

function openSessions(pool: pg.Pool, server: PostgresServer, hear?: OnAvailability): Sessions {
  const { host, port } = server.address;
  const availability = openAvailability(`Postgres at ${host}:${port}`, hear);
  return {
    async use(work) {
      try {
        const result = await useConnection(await checkOut(pool, server), work);
        availability.answers();
        return result;
      } catch (error) {
        const failure = server.queryFailure(error);
        if (isFailure(failure, 'database.unreachable'))
          availability.isAway(String(failure.details['reason']));
        throw failure;
      }
    },
  };
}

/** It only ever says short things, and one without an answer for 5 s is lost. */
function listenerConfig({ config }: PostgresServer): pg.ClientConfig {
  return { ...config, application_name: 'nightshift-listener', query_timeout: 5_000 };
}

function openDriver(
  direct: PostgresServer,
  ledger: pg.Pool,
  driver: Pick<PostgresDriver, 'connections' | 'isPooled'>,
): PostgresDriver {
  const pools = new Map([[ledger, 'ledger']]);
  return {
    kind: 'postgres',
    url: direct.config.connectionString!,
    ...driver,
    openPool(options) {
      const pool = openPool(direct, options);
      pools.set(pool, options.name);
      return pool;
    },
    listPools: () =>
      [...pools]
        .filter(([pool]) => !pool.ending)
        .map(([pool, name]) => ({ name, ...usedOf(pool) })),
    queryFailure: direct.queryFailure,
  };
}

function usedOf({ totalCount: open, idleCount: idle, waitingCount: waiting, options }: pg.Pool) {
  return { open, idle, waiting, most: options.max };
}

type Statement = (
  connection: pg.PoolClient,
  ...asked: Parameters<Sql['query']>
) => Promise<pg.QueryResult<Record<string, unknown>>>;

function openStatement(watch: SilenceWatch, { mayName }: { readonly mayName: boolean }): Statement {
  return (connection, ...[text, values = [], name]) => {
    // Always the extended protocol: several statements in one text are refused, as they are on PGlite.
    const query = {
      text,
      values,
      queryMode: 'extended',
      ...(mayName && { name }),
    } as unknown as pg.QueryConfig;
    return watch.during(connection, () => connection.query<Record<string, unknown>>(query));
  };
}

interface Transaction<T> {
  readonly connection: pg.PoolClient;
  readonly statement: Statement;
  work(tx: Sql): Promise<T>;
}

async function runTransaction<T>({ connection, statement, work }: Transaction<T>): Promise<T> {
  const inTurn = openTurns();
  let hasEnded = false;
  const tx: Sql = {
    async query(...asked) {
      if (hasEnded) throw new Failure('transaction.ended', {});
      return (await inTurn(() => statement(connection, ...asked))).rows as never;
    },
  };
  await statement(connection, 'begin');
  try {
    const result = await work(tx);
    hasEnded = true;
    const { command } = await inTurn(() => statement(connection, 'commit'));
    if (command !== 'COMMIT') throw new Failure('database.aborted', {});
    return result;
  } catch (error) {
    hasEnded = true;
    // Only a lost connection cannot roll back, and then the server does.
    await inTurn(() => statement(connection, 'rollback')).catch(() => {});
    throw error;
  }
}
