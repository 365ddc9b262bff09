import { Failure } from '../core/errors.ts';
import { isFinal } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { findRun } from '../ledger/index.ts';
import { type Catalogue, checkStored } from './catalogue.ts';
import { enqueueIn, newRun } from './enqueue.ts';

/**
 * Accepts a new run of the job of a finished one, with its payload, of the version that it has, or an edited one,
 * of today's. Answers the new run's id.
 * Throws `run.missing`, `run.unfinished`, `job.unknown`, `payload.too_large`, `payload.invalid`,
 * `payload.outdated` or `payload.not_upgraded`.
 */
export async function replay(
  { database, catalogue }: { readonly database: TransactionalSql; readonly catalogue: Catalogue },
  { id, payload }: { readonly id: string; readonly payload?: unknown },
): Promise<string> {
  const original = await findRun(database, id);
  if (!isFinal(original.state)) throw new Failure('run.unfinished', { id, state: original.state });
  const job = catalogue.find(original.job);
  const { priority, id: replayOf, schedule, due } = original;
  // It stands for the moment that the original stood for.
  const scheduled = schedule !== null && due !== null && { schedule, due };
  const given = payload === undefined ? original : { payload, version: 0 };
  const stored = checkStored(job, given, catalogue.payloadLimit);
  const version = given.version > 0 ? { version: given.version } : {};
  const key = original.key !== null && payload === undefined ? { key: original.key } : {};
  const run = newRun(job, stored, { priority, replayOf, ...version, ...key, ...scheduled });
  await database.transaction((tx) => enqueueIn(tx, run));
  return run.id;
}
