import pg from 'pg';
import { isConnectionLost } from './postgres-server.ts';

/** Notices that a connection is dead though nobody closed it: a lost cable, a firewall that forgot it, a server that hangs. */
export interface SilenceWatch {
  /** Runs `statement`; when its connection is found dead it is cut, and this throws why. */
  during<T>(connection: pg.ClientBase, statement: () => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Milliseconds after which a statement makes us look. A slow one is left alone: it is cut only when the
 * server does not answer a new connection either, or when it twice says that the session has nothing to do.
 */
const suspiciousMs = 2_000;
const probeMs = 3_000;

interface Pending {
  readonly connection: pg.ClientBase;
  readonly since: number;
  idle: boolean;
  death?: Error;
}

/** `isPooled`: sessions are a pooler's, and their numbers say nothing to Postgres. */
export function openSilenceWatch(config: pg.ClientConfig, isPooled: boolean): SilenceWatch {
  const pending = new Set<Pending>();
  let looking = false;

  async function look(): Promise<void> {
    const before = performance.now() - suspiciousMs;
    const late = [...pending].filter(({ since, death }) => since < before && !death);
    if (late.length === 0) return;
    try {
      const busy = await findBusy(config, late.map(pidOf));
      for (const one of late) if (!isPooled && !busy.has(pidOf(one))) judgeIdle(one);
    } catch (error) {
      // A server that is full or refuses us lives.
      if (isConnectionLost(error)) for (const one of late) cut(one, error as Error);
    }
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, 1_000).unref();

  return {
    async during(connection, statement) {
      const one: Pending = { connection, since: performance.now(), idle: false };
      pending.add(one);
      try {
        return await statement();
      } catch (error) {
        throw one.death ?? error;
      } finally {
        pending.delete(one);
      }
    },
    close: () => clearInterval(timer),
  };
}

/** Its answer may be on its way at the first look, but not any more at the second. */
function judgeIdle(one: Pending): void {
  if (one.idle) cut(one, new Error('Connection terminated: its statement never arrived'));
  one.idle = true;
}

function cut(one: Pending, death: Error): void {
  one.death = death;
  // With a statement under way this destroys the socket; that it is gone, the statement says.
  void (one.connection as pg.Client).end().catch(() => {});
}

/** Which of `pids` work on something, asked over a connection of its own. */
async function findBusy(config: pg.ClientConfig, pids: readonly number[]): Promise<Set<number>> {
  const timeouts = { connectionTimeoutMillis: probeMs, query_timeout: probeMs };
  const client = new pg.Client({ ...config, ...timeouts });
  client.on('error', () => {}); // the query says it
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
        where pid = any($1::int[]) and state not in ('idle', 'idle in transaction', 'idle in transaction (aborted)')`,
      [pids],
    );
    return new Set(rows.map(({ pid }) => pid));
  } finally {
    void client.end().catch(() => {});
  }
}

function pidOf({ connection }: Pending): number {
  return (connection as unknown as { processID: number }).processID;
}
