import type { Database } from '../db/index.ts';
import { clearOutbox, type Dispatchable, leaseOutbox, releaseOutbox } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { toDispatch } from './dispatch.ts';

/** Brings what was accepted without a dispatch to the queue, woken by NOTIFY and by a slow poll. */
export interface Relay {
  close(): Promise<void>;
}

const batch = 500;
const pollMs = 5000;

export async function openRelay(services: {
  readonly database: Database;
  readonly queues: Queues;
  onError(error: unknown): void;
}): Promise<Relay> {
  const { database, queues, onError } = services;
  let closed = false;
  let asked = false;
  let pass: Promise<void> | undefined;

  function wake(): void {
    asked = true;
    if (!closed) pass ??= runPasses();
  }

  async function runPasses(): Promise<void> {
    while (asked && !closed) {
      asked = false;
      try {
        while (!closed && (await relayOnce(database, queues)) === batch);
      } catch (error) {
        onError(error);
      }
    }
    pass = undefined;
  }

  const unlisten = await database.listen('nightshift_outbox', wake);
  const poll = setInterval(wake, pollMs);
  wake();
  return {
    async close() {
      closed = true;
      clearInterval(poll);
      await unlisten();
      await pass;
    },
  };
}

/** One batch of the outbox; answers how many rows it took. */
async function relayOnce(database: Database, queues: Queues): Promise<number> {
  const rows: Dispatchable[] = await leaseOutbox(database, batch);
  if (rows.length === 0) return 0;
  try {
    await queues.dispatchMany(rows.map(toDispatch));
  } catch (error) {
    await releaseOutbox(database, rows);
    throw error;
  }
  await clearOutbox(database, rows);
  return rows.length;
}
