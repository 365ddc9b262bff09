/** How the connections that one process may hold are divided; the others together are the total. */
export interface Connections {
  readonly total: number;
  /** The ledger's pool: heartbeats, claims, outcomes, and what handlers do. */
  readonly ledger: number;
  /** Those of the ledger's pool that handlers may hold at once. */
  readonly handlers: number;
  /** BullMQ's pool, where Postgres carries the queues; else 0. */
  readonly queues: number;
  /** pg-boss's pool. */
  readonly control: number;
  /** One that hears notifications, and one that looks after a server that does not answer. */
  readonly watching: number;
}

/** Fewer would leave somebody without a connection. */
export const fewestConnections = 8;

/** One for heartbeats, one for claims, one for outcomes. */
const neverForHandlers = 3;

/** Two watch, two are the control plane's, a quarter is BullMQ's where Postgres carries it, and the ledger has the rest. */
export function divideConnections(total: number, carriesQueues: boolean): Connections {
  const watching = 2;
  const control = 2;
  const queues = carriesQueues ? Math.max(2, Math.floor(total / 4)) : 0;
  const ledger = total - watching - control - queues;
  const handlers = Math.max(1, ledger - neverForHandlers);
  return { total, ledger, handlers, queues, control, watching };
}
