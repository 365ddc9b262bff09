import pg from 'pg';
import { Failure } from '../core/errors.ts';
import { connectTimeoutMs, type PostgresServer, reasonOf } from './postgres-server.ts';

/** What one session says of the server at its other end. */
export interface Identity {
  readonly versionNumber: number;
  readonly database: string;
  readonly startedAt: string;
  /** True when the session is a pooler's: it makes up the process number that Postgres gives. */
  readonly isPooled: boolean;
}

/** Asks the server which it is. */
export async function identify(client: pg.ClientBase): Promise<Identity> {
  const query = {
    query_timeout: connectTimeoutMs,
    text: `select current_setting('server_version_num')::int as "versionNumber", current_database() as database,
       pg_postmaster_start_time()::text as "startedAt", pg_backend_pid() as pid`,
  };
  const { rows } = await client.query<Omit<Identity, 'isPooled'> & { pid: number }>(query);
  const { pid, ...identity } = rows[0]!;
  const { processID } = client as unknown as { processID: number };
  return { ...identity, isPooled: processID !== pid };
}

/** Throws `database.pooled` when sessions are handed out by transaction: nothing that outlives one works there. */
export async function refuseSharedSessions(
  server: PostgresServer,
  { isPooled }: Identity,
): Promise<void> {
  if (isPooled && (await sharesSessions(server.config)))
    throw new Failure('database.pooled', { variable: server.variable, ...server.address });
}

/** Throws unless `direct` leads past every pooler to the database of `expected`. */
export async function checkDirect(direct: PostgresServer, expected: Identity): Promise<void> {
  const client = new pg.Client(direct.config);
  client.on('error', () => {}); // the query says it
  try {
    await client.connect();
    const identity = await identify(client);
    if (identity.database !== expected.database || identity.startedAt !== expected.startedAt)
      throw new Failure('database.elsewhere', { ...direct.address, database: identity.database });
    await refuseSharedSessions(direct, identity);
  } catch (error) {
    throw error instanceof Failure ? error : direct.connectFailure(error);
  } finally {
    void client.end().catch(() => {});
  }
}

const rounds = 5;

/**
 * True when two clients, both connected, come upon one session of Postgres, or one client upon two: then a
 * session is kept for a transaction only. Where each keeps its own, neither can happen.
 */
async function sharesSessions(config: pg.ClientConfig): Promise<boolean> {
  const clients = [0, 1].map(() => new pg.Client({ ...config, query_timeout: 3_000 }));
  const seen: [Set<number>, Set<number>] = [new Set(), new Set()];
  for (const client of clients) client.on('error', () => {}); // the query says it
  try {
    for (const client of clients) await client.connect();
    for (let round = 0; round < rounds; round++)
      for (const which of [0, 1] as const) seen[which].add(await pidOf(clients[which]!));
    return seen.some(({ size }) => size > 1) || !seen[0].isDisjointFrom(seen[1]);
  } catch (error) {
    // A pooler of whole sessions that is full lets the second one wait.
    if (reasonOf(error).includes('took')) return false;
    throw error;
  } finally {
    for (const client of clients) void client.end().catch(() => {});
  }
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]!.pid;
}
