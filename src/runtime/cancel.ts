import { isFailure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { cancelRun } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';

/**
 * Ends an unfinished run as cancelled, on whatever machine it is, and takes its delivery out of the queue.
 * Throws `run.missing` or `run.finished`.
 */
export async function cancel(
  { sql, queues }: { readonly sql: TransactionalSql; readonly queues: Queues },
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<Run> {
  const run = await cancelRun(sql, id, reason);
  try {
    await queues.withdraw(run.job, run.delivery);
  } catch (error) {
    // A delivery that stays behind does no harm: its claim is refused.
    if (!isFailure(error, 'queue.unavailable')) throw error;
  }
  return run;
}
