import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { openTurns } from './turns.ts';

type OnNotification = (payload: string) => void;

/** One connection that listens for all, opened when it is first needed and reopened when it is lost. */
export interface Listener {
  listen(channel: string, onNotification: OnNotification): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Nobody sends through this connection, so that a dead one would never be noticed: it is asked so often. */
const checkMs = 5_000;

/** What is sent while the connection is down is lost: a notification is a hint to look, never the news. */
export function openListener(openClient: () => pg.Client): Listener {
  const listeners = new Map<string, Set<OnNotification>>();
  const closing = new AbortController();
  const inTurn = openTurns();
  let connection: Promise<pg.Client> | undefined;

  function connect(): Promise<pg.Client> {
    connection ??= openConnection().catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  }

  async function openConnection(): Promise<pg.Client> {
    const client = openClient();
    client.on('error', () => {}); // 'end' follows, and a client without a listener would end the process
    client.on('notification', ({ channel, payload }) => {
      for (const listener of listeners.get(channel) ?? []) listener(payload ?? '');
    });
    try {
      await client.connect();
      for (const channel of listeners.keys()) await client.query(`listen ${quoted(channel)}`);
    } catch (error) {
      void client.end().catch(() => {}); // it failed already, for the reason that is thrown
      throw error;
    }
    const check = setInterval(() => void checkAlive(client), checkMs).unref();
    client.once('end', () => {
      clearInterval(check);
      connection = undefined;
      void reconnect();
    });
    return client;
  }

  async function reconnect(): Promise<void> {
    for (let delayMs = 100; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, 5_000)) {
      try {
        await connect();
        return;
      } catch {
        await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }

  async function unlisten(channel: string, onNotification: OnNotification): Promise<void> {
    const group = listeners.get(channel);
    group?.delete(onNotification);
    if (group?.size !== 0) return;
    listeners.delete(channel);
    // A connection that is lost listens to nothing, and the next one will not ask for this channel.
    const unlistened = inTurn(async () => (await connection)?.query(`unlisten ${quoted(channel)}`));
    await unlistened.catch(() => {});
  }

  return {
    async listen(channel, onNotification) {
      const own: OnNotification = (payload) => onNotification(payload);
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(own));
      try {
        await inTurn(async () => (await connect()).query(`listen ${quoted(channel)}`));
      } catch (error) {
        await unlisten(channel, own);
        throw error;
      }
      return () => unlisten(channel, own);
    },
    async close() {
      closing.abort();
      const client = await connection?.catch(() => undefined);
      await client?.end();
    },
  };
}

/** Cuts a connection that does not answer, so that the next one is opened. */
async function checkAlive(client: pg.Client): Promise<void> {
  try {
    await client.query('select 1');
  } catch {
    void client.end().catch(() => {}); // with a query under way this destroys the socket; 'end' follows
  }
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
