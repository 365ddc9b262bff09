import { Failure } from '../core/errors.ts';
import { isFinal } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { findRun } from '../ledger/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { enqueueIn, newRun } from './enqueue.ts';

/**
 * Accepts a new run of the job of a finished one, with its payload or an edited one, and answers the new run's id.
 * Throws `run.missing`, `run.unfinished`, `job.unknown`, `payload.too_large` or `payload.invalid`.
 */
export async function replay(
  { database, catalogue }: { readonly database: TransactionalSql; readonly catalogue: Catalogue },
  { id, payload }: { readonly id: string; readonly payload?: unknown },
): Promise<string> {
  const original = await findRun(database, id);
  if (!isFinal(original.state)) throw new Failure('run.unfinished', { id, state: original.state });
  const job = catalogue.find(original.job);
  const stored = checkPayload(
    job,
    payload === undefined ? original.payload : payload,
    catalogue.payloadLimit,
  );
  const run = newRun(job, stored, { priority: original.priority, replayOf: original.id });
  await database.transaction((tx) => enqueueIn(tx, run));
  return run.id;
}
