import type { Child, ChildOptions } from '../core/child.ts';
import { durationMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { findRepeated, type Ledger, listAncestors, type NewRun } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { dispatchOrPost } from './dispatch.ts';
import { checkOptions, newRun } from './enqueue.ts';

/** A run that a handler asks for, as plain data: it may come from another process. */
export type ChildRequest = Pick<Child, 'job' | 'payload' | 'options'>;

/** Where children belong: the run that enqueues them, and its wait, if it waits for them. */
export interface Parentage {
  readonly parent: string;
  readonly step?: string;
}

/** Children of one fan-out. */
const mostChildren = 10_000;
/** Runs one below the other, the first included. */
const mostGenerations = 32;

/**
 * The runs that these requests come to, checked as `enqueue` checks. Throws `enqueue.too_many`, `job.unknown`,
 * `payload.invalid`, `payload.too_large` or what is wrong with an option.
 */
export function prepareChildren(
  catalogue: Catalogue,
  { parent, step }: Parentage,
  requests: readonly ChildRequest[],
): NewRun[] {
  if (requests.length > mostChildren)
    throw new Failure('enqueue.too_many', { count: requests.length, most: mostChildren });
  return requests.map(({ job: name, payload, options }) => {
    const job = catalogue.find(name);
    return newRun(job, checkPayload(job, payload, catalogue.payloadLimit), {
      ...checkOptions(toMs(options)),
      parent,
      ...(step !== undefined && { parentStep: step }),
      ...(options.detached && { detached: true }),
    });
  });
}

/** Throws `child.deep` or `child.cycle` where a line of runs would go on for ever. */
export async function checkLine(sql: Sql, parent: string, runs: readonly NewRun[]): Promise<void> {
  const line = await listAncestors(sql, parent, mostGenerations);
  if (line.length >= mostGenerations && runs[0])
    throw new Failure('child.deep', { job: runs[0].job, most: mostGenerations });
  const jobs = new Set(line.map(({ job }) => job));
  const suspects = runs.filter(({ job }) => jobs.has(job));
  if (suspects.length === 0) return;
  const ids = line.map(({ id }) => id);
  const repeated = await findRepeated(sql, ids, suspects);
  if (repeated) throw new Failure('child.cycle', { job: repeated.job, id: repeated.id });
}

/** Hands committed children to their queues. */
export async function dispatchChildren(
  { queues, ledger }: { readonly queues: Queues; readonly ledger: Ledger },
  runs: readonly NewRun[],
): Promise<void> {
  if (runs.length === 0) return;
  const dispatchable = runs.map((run) => ({ ...run, delayMs: run.delayMs ?? 0 }));
  await dispatchOrPost({ queues, sql: ledger.database }, ...dispatchable);
}

function toMs({ delay, priority, expires }: ChildOptions) {
  return {
    ...(delay !== undefined && { delayMs: durationMs(delay) }),
    ...(priority !== undefined && { priority }),
    ...(expires !== undefined && { expiresMs: durationMs(expires) }),
  };
}
