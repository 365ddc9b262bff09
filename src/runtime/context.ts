import type { BaseContext, LogLevel, Need, Provisions, RunLog } from '../core/context.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Progress } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { ClaimedRun } from '../ledger/index.ts';
import type { Holding, LogEntry } from './holding.ts';
import { openSteps } from './steps.ts';

/** How each need is provided to one attempt; `sql` is fenced and joins the attempt's transaction. */
export type Providers = {
  readonly [Name in Need]?: (scope: {
    readonly sql: Sql;
    readonly run: string;
  }) => Provisions[Name];
};

/** What a handler runs in, whatever process that is. */
export interface Surroundings {
  readonly providers: Providers;
  now(): Date;
}

export interface ContextRequest {
  readonly run: Pick<ClaimedRun, 'run' | 'attempt'>;
  readonly job: AnyJob;
  readonly holding: Holding;
  readonly signal: AbortSignal;
}

/** Builds what a handler gets: only the needs its job declared. */
export async function openContext(
  { providers, now }: Surroundings,
  { run, job, holding, signal }: ContextRequest,
): Promise<BaseContext & Partial<Provisions>> {
  const steps = await openSteps(holding, signal);
  const progress = openProgress(holding.progress);
  const base: BaseContext = {
    run: { id: run.run, job: job.name, attempt: run.attempt },
    signal,
    idempotencyKey: run.run,
    log: openLog((line) => holding.log({ at: now(), ...line })),
    now,
    progress: (done, total, note) => progress({ done, total, ...(note !== undefined && { note }) }),
    step: steps.step,
    transaction: steps.transaction,
  };
  return { ...base, ...provide(job, providers, { sql: steps.sql, run: run.run }) };
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

function openLog(write: (line: Omit<LogEntry, 'at'>) => void): RunLog {
  const logAt = (level: LogLevel) => (message: string, data?: Record<string, unknown>) =>
    write({ level, message, ...(data && { data }) });
  return {
    debug: logAt('debug'),
    info: logAt('info'),
    warn: logAt('warn'),
    error: logAt('error'),
  };
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
