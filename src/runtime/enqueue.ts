import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Sql } from '../core/sql.ts';
import { insertOutbox, insertRuns, type Ledger, type NewRun, newId } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { dispatchOrPost } from './dispatch.ts';

export interface EnqueueOptions {
  /** Milliseconds until it may run. */
  readonly delayMs?: number;
  /** 0 is first; a larger number is later. */
  readonly priority?: number;
}

export interface Enqueuer {
  /**
   * Resolves to the run's id once the run is committed, whatever the state of the queue. Throws
   * `job.unknown`, `payload.invalid`, `ledger.overloaded` or `database.unreachable`, and then nothing is kept.
   */
  enqueue(job: string, payload: unknown, options?: EnqueueOptions): Promise<string>;
}

export interface EnqueueServices {
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly queues: Queues;
  now(): Date;
}

export function openEnqueuer({ catalogue, ledger, queues, now }: EnqueueServices): Enqueuer {
  return {
    async enqueue(name, payload, { delayMs = 0, priority = 0 } = {}) {
      const job = catalogue.find(name);
      checkOptions({ delayMs, priority });
      const run = newRun(job, checkPayload(job, payload), {
        priority,
        ...(delayMs > 0 && { runAt: new Date(now().getTime() + delayMs) }),
      });
      await ledger.accept(run);
      await dispatchOrPost({ queues, sql: ledger.database }, { ...run, delayMs });
      return run.id;
    },
  };
}

const longestDelayDays = 3650;
const lastPriority = 2_097_151;

function checkOptions({ delayMs, priority }: Required<EnqueueOptions>): void {
  const days = Math.round(delayMs / 86_400_000);
  if (!(days <= longestDelayDays)) throw new Failure('run.far', { days, most: longestDelayDays });
  if (!Number.isInteger(priority) || priority < 0 || priority > lastPriority)
    throw new Failure('run.priority', { priority, last: lastPriority });
}

/** Accepts a run inside the caller's transaction; the relay dispatches it once that is committed. */
export async function enqueueIn(tx: Sql, run: NewRun): Promise<void> {
  await insertRuns(tx, [run]);
  await insertOutbox(tx, [run]);
}

/** A run of `job` with fresh ids. */
export function newRun(
  job: AnyJob,
  payload: unknown,
  options: Pick<NewRun, 'priority' | 'runAt' | 'schedule'>,
): NewRun {
  return {
    id: newId(),
    delivery: newId(),
    job: job.name,
    version: job.version,
    payload,
    ...options,
  };
}
