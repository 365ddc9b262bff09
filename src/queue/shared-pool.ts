import { EventEmitter } from 'node:events';
import type { PgPool, PgPoolClient, PgQueryable } from 'bullmq';

/** Where the queries of all queues go. */
export interface Connection extends PgQueryable {
  end(): Promise<void>;
}

type Listen = (
  channel: string,
  onNotification: (payload: string) => void,
) => Promise<() => Promise<void>>;

/**
 * A pool for BullMQ whose clients are not connections: each worker wants one to LISTEN on for ever,
 * and here they all hear through one `listen` of the database, which also survives a reconnect.
 */
export function openSharedPool(connection: Connection, listen: Listen): PgPool {
  const notifications = new EventEmitter().setMaxListeners(0);
  const channels = new Map<string, Promise<() => Promise<void>>>();

  async function hear(channel: string): Promise<void> {
    if (!channels.has(channel))
      channels.set(
        channel,
        listen(channel, (payload) => notifications.emit('notification', { channel, payload })),
      );
    try {
      await channels.get(channel);
    } catch (error) {
      channels.delete(channel);
      throw error;
    }
  }

  const pool = Object.assign(new EventEmitter().setMaxListeners(0), {
    // BullMQ lets a worker sleep only on a pool that notices lost connections.
    options: { keepAlive: true },
    query: connection.query.bind(connection),
    connect: async () => openClient(connection, notifications, hear),
    async end() {
      const listening = [...channels.values()];
      channels.clear();
      await Promise.all(listening.map(async (unlisten) => (await unlisten)()));
      await connection.end();
    },
  });
  return pool;
}

function openClient(
  connection: Connection,
  notifications: EventEmitter,
  hear: (channel: string) => Promise<void>,
): PgPoolClient {
  const client = new EventEmitter();
  const forward = (notification: unknown) => client.emit('notification', notification);
  notifications.on('notification', forward);
  return Object.assign(client, {
    async query(text: string, params?: readonly unknown[]) {
      const channel = /^LISTEN "?(\w+)"?/m.exec(text)?.[1];
      if (channel) await hear(channel);
      // The name of one worker must not stick to a connection that serves them all.
      if (channel || text.includes(`set_config('application_name'`)) return { rows: [] };
      return connection.query(text, params);
    },
    release: () => void notifications.off('notification', forward),
  });
}
