import { type BulkOrder, checkBulk } from '../core/bulk.ts';
import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import {
  type Bulk,
  carryOutBatch,
  forgetBulks,
  insertBulk,
  listIdleBulks,
  type NewBulk,
  previewBulk,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { retryDeadlock } from './deadlock.ts';
import { withdrawAll } from './withdraw.ts';

export interface BulkServices {
  readonly database: TransactionalSql;
  readonly queues: Queues;
}

/** What an order would change, with the first runs; nothing is changed. Throws what `checkBulk` throws. */
export async function tryBulk(
  { database }: BulkServices,
  order: BulkOrder,
): Promise<{ readonly matched: number; readonly sample: readonly Run[] }> {
  return previewBulk(database, toBulk(order));
}

/** Writes an order down; `carryOutBulk` does the work. Throws what `checkBulk` throws. */
export async function beginBulk({ database }: BulkServices, order: BulkOrder): Promise<Bulk> {
  return database.transaction((tx) => insertBulk(tx, toBulk(order)));
}

/**
 * Carries an order out, a thousand runs to a transaction, until it is finished or `signal` is aborted. Whoever dies
 * on the way is followed by the duty of bulk actions, from the last batch that was committed.
 */
export async function carryOutBulk(
  services: BulkServices,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  while (!signal?.aborted) {
    const batch = await retryDeadlock(() => carryOutBatch(services.database, id));
    if (!batch) return;
    await withdrawAll(services.queues, batch.cancelled);
  }
}

/**
 * The duty that carries on what a process left behind when it died, and forgets what is long finished. An action
 * that cannot be carried on keeps no other from it; the duty throws `bulk.stuck` in the end.
 */
export function bulkDuty(services: BulkServices): Duty {
  return {
    name: 'bulk-actions',
    periodSeconds: 15,
    async run() {
      const idle = await listIdleBulks(services.database, idleSeconds);
      const stuck: Stuck[] = [];
      for (const id of idle)
        await carryOutBulk(services, id).catch((error: unknown) => stuck.push({ id, error }));
      await forgetBulks(services.database);
      if (stuck.length > 0) throw stuckFailure(stuck);
      return { carriedOn: idle.length };
    },
  };
}

const idleSeconds = 15;

interface Stuck {
  readonly id: string;
  readonly error: unknown;
}

function stuckFailure(stuck: readonly Stuck[]): Failure {
  const faults = stuck.map(({ id, error }) => `${id} (${(error as Error).message})`);
  return new Failure('bulk.stuck', { faults: faults.join('; ') }, stuck[0]!.error);
}

function toBulk(order: BulkOrder): NewBulk {
  const { state: _, ...filter } = order.filter;
  return {
    action: order.action,
    filter: { ...filter, states: checkBulk(order) },
    rate: order.rate ?? null,
    reason: order.reason ?? null,
    most: order.limit ?? null,
  };
}
