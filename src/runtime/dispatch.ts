import { Failure, isFailure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { type Dispatchable, insertOutbox } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';

/** Hands a committed run to its queue; when the queue is not there, leaves it to the relay. */
export async function dispatchOrPost(
  { queues, sql }: { readonly queues: Queues; readonly sql: Sql },
  run: Dispatchable,
): Promise<void> {
  try {
    await queues.dispatch(toDispatch(run));
  } catch (error) {
    if (!isFailure(error, 'queue.unavailable')) throw error;
    await post(sql, run);
  }
}

/** The run is committed whatever happens here: without its row in the outbox, rescue finds it. */
async function post(sql: Sql, run: Dispatchable): Promise<void> {
  try {
    await insertOutbox(sql, [run]);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'unavailable') throw error;
  }
}

/** A ledger row as the queue takes it. */
export function toDispatch({ id, job, delivery, priority, delayMs }: Dispatchable) {
  return { job, delivery, runs: [id], priority, delayMs };
}
