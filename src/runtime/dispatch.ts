import { Failure, isFailure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { type Dispatchable, insertOutbox } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';

/** Hands committed runs to their queues; when the queue is not there, leaves them to the relay. */
export async function dispatchOrPost(
  { queues, sql }: { readonly queues: Queues; readonly sql: Sql },
  ...runs: readonly Dispatchable[]
): Promise<void> {
  try {
    if (runs.length === 1) await queues.dispatch(toDispatch(runs[0]!));
    else await queues.dispatchMany(runs.map(toDispatch));
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

/** A ledger row as the queue takes it. */
export function toDispatch({ id, job, delivery, priority, delayMs }: Dispatchable) {
  return { job, delivery, runs: [id], priority, delayMs };
}
