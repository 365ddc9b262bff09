import { type BulkOrder, checkBulk } from '../core/bulk.ts';
import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import {
  type CancelledRun,
  carryOutBatch,
  forgetBulks,
  insertBulk,
  listIdleBulks,
  type NewBulk,
  previewBulk,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';

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

/** Writes an order down and answers its id; `carryOutBulk` does the work. Throws what `checkBulk` throws. */
export async function beginBulk({ database }: BulkServices, order: BulkOrder): Promise<string> {
  return insertBulk(database, toBulk(order));
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

/** The duty that carries on what a process left behind when it died, and forgets what is long finished. */
export function bulkDuty(services: BulkServices): Duty {
  return {
    name: 'bulk-actions',
    periodSeconds: 15,
    async run() {
      const idle = await listIdleBulks(services.database, idleSeconds);
      for (const id of idle) await carryOutBulk(services, id);
      await forgetBulks(services.database);
      return { carriedOn: idle.length };
    },
  };
}

const idleSeconds = 15;

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

const deadlockTries = 5;

/** Claims and outcomes lock rows in another order; Postgres lets one of the two try again. */
async function retryDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let left = deadlockTries; ; left--) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== '40P01' || left === 0) throw error;
    }
  }
}

const withdrawnAtOnce = 20;

/** A delivery that stays behind does no harm: its claim is refused. So a queue that is away is no reason to fail. */
async function withdrawAll(queues: Queues, runs: readonly CancelledRun[]): Promise<void> {
  const waiting = [...runs];
  async function withdrawNext(): Promise<void> {
    for (let run = waiting.pop(); run; run = waiting.pop())
      await queues.withdraw(run.job, run.delivery);
  }
  try {
    await Promise.all(Array.from({ length: withdrawnAtOnce }, withdrawNext));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'unavailable') throw error;
  }
}
