import { groupByDelivery } from '../core/bundle.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { type Dispatchable, insertOutbox } from '../ledger/index.ts';
import type { Dispatch, Queues } from '../queue/index.ts';

/** Hands committed runs to their queues; when the queue is not there, leaves them to the relay. */
export async function dispatchOrPost(
  { queues, sql }: { readonly queues: Queues; readonly sql: Sql },
  ...runs: readonly Dispatchable[]
): Promise<void> {
  try {
    const dispatches = toDispatches(runs);
    if (dispatches.length === 1) await queues.dispatch(dispatches[0]!);
    else await queues.dispatchMany(dispatches);
  } catch (error) {
    if (!isFailure(error, 'queue.unavailable')) throw error;
    await post(sql, runs);
  }
}

/** The runs are committed whatever happens here: without their rows in the outbox, rescue finds them. */
async function post(sql: Sql, runs: readonly Dispatchable[]): Promise<void> {
  try {
    await insertOutbox(sql, runs);
  } catch (error) {
    const passes = error instanceof Failure && ['unavailable', 'limited'].includes(error.kind);
    if (!passes) throw error;
  }
}

/** Ledger rows as the queue takes them: what shares a delivery goes as one. */
export function toDispatches(runs: readonly Dispatchable[]): Dispatch[] {
  return groupByDelivery(runs).map((bundle) => {
    const { job, delivery, priority, delayMs, isFirst = false } = bundle[0]!;
    return { job, delivery, runs: bundle.map(({ id }) => id), priority, delayMs, isFirst };
  });
}
