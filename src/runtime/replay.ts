import type { Author } from '../core/audit.ts';
import { Failure } from '../core/errors.ts';
import { isFinal, type Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { findRun, type NewRun, type RequestKey } from '../ledger/index.ts';
import { type Catalogue, checkStored } from './catalogue.ts';
import { enqueueIn, newRun } from './enqueue.ts';
import { doOnce, type Once } from './once.ts';

export interface ReplayRequest {
  readonly id: string;
  readonly payload?: unknown;
  readonly once?: RequestKey | undefined;
  readonly by?: Author | undefined;
}

/**
 * Accepts a new run of the job of a finished one, with its payload, of the version that it has, or an edited one,
 * of today's. Answers the new run's id; with `once`, that of the first request with its key.
 * Throws `run.missing`, `run.unfinished`, `job.unknown`, `payload.too_large`, `payload.invalid`,
 * `payload.outdated` or `payload.not_upgraded`.
 */
export async function replayOnce(
  { database, catalogue }: { readonly database: TransactionalSql; readonly catalogue: Catalogue },
  { id, once, ...request }: ReplayRequest,
): Promise<Once<string>> {
  return doOnce(database, once, async (tx) => {
    const run = replayOf(catalogue, await findRun(tx, id), request);
    await enqueueIn(tx, run);
    return run.id;
  });
}

/** The same without a key of its own. */
export async function replay(
  services: Parameters<typeof replayOnce>[0],
  request: Omit<ReplayRequest, 'once'>,
): Promise<string> {
  return (await replayOnce(services, request)).answer;
}

function replayOf(
  catalogue: Catalogue,
  original: Run,
  { payload, by }: Pick<ReplayRequest, 'payload' | 'by'>,
): NewRun {
  const { id } = original;
  if (!isFinal(original.state)) throw new Failure('run.unfinished', { id, state: original.state });
  const job = catalogue.find(original.job);
  const { priority, schedule, due } = original;
  // It stands for the moment that the original stood for.
  const scheduled = schedule !== null && due !== null && { schedule, due };
  const given = payload === undefined ? original : { payload, version: 0 };
  const stored = checkStored(job, given, catalogue.payloadLimit);
  const version = given.version > 0 ? { version: given.version } : {};
  const key = original.key !== null && payload === undefined ? { key: original.key } : {};
  const author = by && { acceptedBy: by };
  return newRun(job, stored, {
    priority,
    replayOf: id,
    ...version,
    ...key,
    ...scheduled,
    ...author,
  });
}
