import { durationMs } from '../core/duration.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Sql } from '../core/sql.ts';
import { acceptRuns, insertRuns, type Ledger, type NewRun, newId } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { dispatchOrPost } from './dispatch.ts';
import { asSql, type CallersTransaction } from './tx.ts';

export interface EnqueueOptions {
  /** Milliseconds until it may run. */
  readonly delayMs?: number;
  /** 0 is first; a larger number is later. */
  readonly priority?: number;
  /** Milliseconds, from when it may run, after which it does not begin any more; else as the job says. */
  readonly expiresMs?: number;
  /** Joins this open transaction: the run is accepted when it commits, and is not when it rolls back. */
  readonly tx?: CallersTransaction;
}

export interface Enqueuer {
  /**
   * Resolves to the run's id once the run is committed, whatever the state of the queue; with `tx`, once it
   * is written there. Throws `job.unknown`, `payload.invalid`, `payload.too_large`, `ledger.overloaded` or
   * `database.unreachable`, and then nothing is kept.
   */
  enqueue(job: string, payload: unknown, options?: EnqueueOptions): Promise<string>;
  /** Accepts a run for each payload, all or none, in one commit. Resolves to their ids, in order. */
  enqueueMany(
    job: string,
    payloads: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<string[]>;
}

export interface EnqueueServices {
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly queues: Queues;
}

/** Runs that `enqueueMany` takes at once. */
const most = 10_000;

export function openEnqueuer(services: EnqueueServices): Enqueuer {
  const { catalogue, ledger, queues } = services;

  async function dispatch(runs: readonly NewRun[], delayMs = 0): Promise<void> {
    const dispatchable = runs.map((run) => ({ ...run, delayMs }));
    await dispatchOrPost({ queues, sql: ledger.database }, ...dispatchable);
  }

  return {
    async enqueue(name, payload, options = {}) {
      const job = catalogue.find(name);
      const fixed = checkOptions(options);
      const run = newRun(job, checkPayload(job, payload, catalogue.payloadLimit), fixed);
      if ('tx' in options) {
        await acceptRuns(asSql(options.tx), [run]);
      } else {
        await ledger.accept(run);
        await dispatch([run], options.delayMs);
      }
      return run.id;
    },
    async enqueueMany(name, payloads, options = {}) {
      const job = catalogue.find(name);
      if (payloads.length > most)
        throw new Failure('enqueue.too_many', { count: payloads.length, most });
      const fixed = checkOptions(options);
      const runs = checkPayloads(job, payloads, catalogue.payloadLimit).map((payload) =>
        newRun(job, payload, fixed),
      );
      if (runs.length === 0) return [];
      if ('tx' in options) {
        await acceptRuns(asSql(options.tx), runs);
      } else {
        await insertRuns(ledger.database, runs);
        await dispatch(runs, options.delayMs);
      }
      return runs.map(({ id }) => id);
    },
  };
}

const longestDays = 3650;
const lastPriority = 2_097_151;

/** What the options come to, in the words of the ledger; throws `run.far`, `run.priority` or `run.expires`. */
function checkOptions({
  delayMs = 0,
  priority = 0,
  expiresMs,
}: EnqueueOptions): Pick<NewRun, 'priority' | 'delayMs' | 'expiresMs'> {
  const days = Math.round(delayMs / 86_400_000);
  if (!(days <= longestDays)) throw new Failure('run.far', { days, most: longestDays });
  if (!Number.isInteger(priority) || priority < 0 || priority > lastPriority)
    throw new Failure('run.priority', { priority, last: lastPriority });
  if (expiresMs !== undefined && !(expiresMs > 0 && Number.isFinite(expiresMs)))
    throw new Failure('run.expires', { ms: expiresMs });
  return {
    priority,
    ...(delayMs > 0 && { delayMs }),
    ...(expiresMs !== undefined && { expiresMs }),
  };
}

const faultsTold = 10;

/** Every payload as it is stored; `payload.invalid` tells which are wrong, and how. */
function checkPayloads(job: AnyJob, payloads: readonly unknown[], limit: number): unknown[] {
  const faults: string[] = [];
  const stored = payloads.map((payload, at) => {
    try {
      return checkPayload(job, payload, limit);
    } catch (error) {
      if (!isFailure(error, 'payload.invalid')) throw error;
      return void faults.push(`payload ${at}: ${String(error.details['faults'])}`);
    }
  });
  if (faults.length === 0) return stored;
  const rest = faults.length > faultsTold ? [`and ${faults.length - faultsTold} more`] : [];
  throw new Failure('payload.invalid', {
    job: job.name,
    faults: [...faults.slice(0, faultsTold), ...rest].join('; '),
  });
}

/** Accepts a run inside the caller's transaction; the relay dispatches it once that is committed. */
export async function enqueueIn(tx: Sql, run: NewRun): Promise<void> {
  await acceptRuns(tx, [run]);
}

/** A run of `job` with fresh ids; it expires as its job says, unless `options` say it. */
export function newRun(
  job: AnyJob,
  payload: unknown,
  options: Pick<NewRun, 'priority' | 'delayMs' | 'schedule' | 'expiresMs' | 'replayOf'>,
): NewRun {
  return {
    id: newId(),
    delivery: newId(),
    job: job.name,
    version: job.version,
    payload,
    ...(job.expires !== undefined && { expiresMs: durationMs(job.expires) }),
    ...options,
  };
}
