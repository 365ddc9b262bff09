/** How the connections that one process may hold are divided; the others together are the total. */
export interface Connections {
  readonly total: number;
  /** The ledger's pool: claims, outcomes, steps and what handlers do in transactions. */
  readonly ledger: number;
  /** BullMQ's pool, where Postgres carries the queues; else 0. */
  readonly queues: number;
  /** pg-boss's pool. */
  readonly control: number;
  /** One that hears notifications, and one that looks after a server that does not answer. */
  readonly watching: number;
}

/** Fewer would leave somebody without a connection. */
export const fewestConnections = 8;

/** Two watch, two are the control plane's, a quarter is BullMQ's where Postgres carries it, and the ledger has the rest. */
export function divideConnections(total: number, carriesQueues: boolean): Connections {
  const watching = 2;
  const control = 2;
  const queues = carriesQueues ? Math.max(2, Math.floor(total / 4)) : 0;
  return { total, ledger: total - watching - control - queues, queues, control, watching };
}
