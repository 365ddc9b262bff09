import type { Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { cancelRun } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { withdrawAll } from './withdraw.ts';

/**
 * Ends an unfinished run as cancelled, on whatever machine it is, and takes its delivery out of the queue.
 * Throws `run.missing` or `run.finished`.
 */
export async function cancel(
  { sql, queues }: { readonly sql: TransactionalSql; readonly queues: Queues },
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<Run> {
  const run = await cancelRun(sql, id, reason);
  await withdrawAll(queues, [run]);
  return run;
}
