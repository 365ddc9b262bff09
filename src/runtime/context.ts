import type { BaseContext, LogLevel, Need, Provisions, RunLog } from '../core/context.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Progress } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { ClaimedRun, Ledger } from '../ledger/index.ts';
import { openSteps } from './steps.ts';

/** How each need is provided to one attempt; `sql` is fenced and joins the attempt's transaction. */
export type Providers = {
  readonly [Name in Need]?: (scope: {
    readonly sql: Sql;
    readonly run: string;
  }) => Provisions[Name];
};

export interface AttemptContext {
  readonly ctx: BaseContext & Partial<Provisions>;
  /** Resolves when everything the handler logged is committed, or was reported as lost. */
  logged(): Promise<void>;
}

export interface ContextServices {
  readonly ledger: Ledger;
  readonly providers: Providers;
  now(): Date;
  /** Hears of what could not be kept: a log line, a progress. It does not fail the run. */
  onError(error: unknown): void;
}

/** Builds what a handler gets: only the needs its job declared. */
export async function openContext(
  { ledger, providers, now, onError }: ContextServices,
  { run, job, signal }: { run: ClaimedRun; job: AnyJob; signal: AbortSignal },
): Promise<AttemptContext> {
  const fence = { run: run.run, delivery: run.delivery, attempt: run.attempt };
  const steps = await openSteps({ database: ledger.database, fence, signal });
  const progress = openProgress((value) =>
    ledger.progress({ fence, progress: value }).catch(onError),
  );
  const log = openLog((level, message, data) =>
    ledger
      .log({
        run: run.run,
        attempt: run.attempt,
        at: now(),
        level,
        message,
        ...(data && { data }),
      })
      .catch(onError),
  );
  const base: BaseContext = {
    run: { id: run.run, job: job.name, attempt: run.attempt },
    signal,
    idempotencyKey: run.run,
    log: log.lines,
    now,
    progress: (done, total, note) => progress({ done, total, ...(note !== undefined && { note }) }),
    step: steps.step,
    transaction: steps.transaction,
  };
  const provided = provide(job, providers, { sql: steps.sql, run: run.run });
  return { ctx: { ...base, ...provided }, logged: log.settled };
}

/** Throws `need.missing` for a need that this process cannot provide; a worker asks before it starts. */
export function checkNeeds(job: AnyJob, providers: Providers): void {
  for (const need of job.needs as readonly Need[])
    if (!providers[need]) throw new Failure('need.missing', { job: job.name, need });
}

function provide(
  job: AnyJob,
  providers: Providers,
  scope: { readonly sql: Sql; readonly run: string },
): Partial<Provisions> {
  checkNeeds(job, providers);
  const needs = job.needs as readonly Need[];
  return Object.fromEntries(needs.map((need) => [need, providers[need]!(scope)]));
}

function openLog(
  write: (level: LogLevel, message: string, data?: Record<string, unknown>) => Promise<void>,
) {
  let last: Promise<void> | undefined;
  const line =
    (level: LogLevel) =>
    (message: string, data?: Record<string, unknown>): void => {
      last = write(level, message, data);
    };
  const lines: RunLog = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
  /** Lines are committed in order, so the last one stands for all. */
  return { lines, settled: async () => last };
}

const progressPeriodMs = 250;

/** Lets through the newest value at most every 250 ms; what is on the way when the run ends is dropped by the ledger. */
function openProgress(write: (progress: Progress) => Promise<void>) {
  let newest: Progress | undefined;
  let busy = false;

  async function writeNewest(): Promise<void> {
    busy = true;
    while (newest) {
      const value = newest;
      newest = undefined;
      await write(value);
      await new Promise((resolve) => setTimeout(resolve, progressPeriodMs).unref());
    }
    busy = false;
  }

  return (value: Progress): void => {
    newest = value;
    if (!busy) void writeNewest();
  };
}
