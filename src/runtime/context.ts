import type {
  BaseContext,
  LogLevel,
  Need,
  Provisions,
  RunIdentity,
  RunLog,
} from '../core/context.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Progress } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { ClaimedRun } from '../ledger/index.ts';
import type { Holding, LogEntry } from './holding.ts';
import { openSteps } from './steps.ts';
import { openSuspension, type Suspension } from './suspension.ts';
import { openWaits } from './waits.ts';

/** How each need is provided to one attempt; `sql` is fenced and joins the attempt's transaction. */
export type Providers = {
  readonly [Name in Need]?: (scope: {
    readonly sql: Sql;
    readonly run: string;
    readonly job: string;
  }) => Provisions[Name];
};

/** What a handler runs in, whatever process that is. */
export interface Surroundings {
  readonly providers: Providers;
  now(): Date;
}

export interface ContextRequest {
  readonly run: Pick<ClaimedRun, 'run' | 'attempt' | 'schedule' | 'due'>;
  readonly job: AnyJob;
  readonly holding: Holding;
  readonly signal: AbortSignal;
}

/** What a handler gets, and the end of its attempt when it does nothing but wait. */
export interface OpenedContext extends Pick<Suspension, 'unlessSuspended'> {
  readonly ctx: BaseContext & Partial<Provisions>;
}

/** Builds what a handler gets: only the needs its job declared. */
export async function openContext(
  { providers, now }: Surroundings,
  { run, job, holding, signal }: ContextRequest,
): Promise<OpenedContext> {
  const suspension = openSuspension();
  const steps = await openSteps(holding, signal, suspension);
  const progress = openProgress(holding.progress);
  const log = openLog((line) => holding.log({ at: now(), ...line }));
  const base: BaseContext = {
    ...openWaits({ run: run.run, holding, steps, suspension, log }),
    run: { id: run.run, job: job.name, attempt: run.attempt, ...scheduledFor(run) },
    signal,
    idempotencyKey: run.run,
    log,
    now,
    progress: (done, total, note) => progress({ done, total, ...(note !== undefined && { note }) }),
    step: steps.step,
    transaction: steps.transaction,
  };
  const ctx =
    job.needs.length === 0
      ? base
      : { ...base, ...provide(job, providers, { sql: steps.sql, run: run.run }) };
  return { ctx, unlessSuspended: suspension.unlessSuspended };
}

/** The moment that a run of a schedule stands for; nothing for any other run. */
export function scheduledFor({
  schedule: name,
  due,
}: Pick<ClaimedRun, 'schedule' | 'due'>): Pick<RunIdentity, 'schedule'> {
  return name !== null && due !== null ? { schedule: { name, due } } : {};
}

/** Throws `need.missing` for a need that this process cannot provide; a worker asks before it starts. */
export function checkNeeds(job: AnyJob, providers: Providers): void {
  for (const need of job.needs as readonly Need[])
    if (!providers[need]) throw new Failure('need.missing', { job: job.name, need });
}

export function provide(
  job: AnyJob,
  providers: Providers,
  scope: { readonly sql: Sql; readonly run: string },
): Partial<Provisions> {
  checkNeeds(job, providers);
  const needs = job.needs as readonly Need[];
  return Object.fromEntries(
    needs.map((need) => [need, providers[need]!({ ...scope, job: job.name })]),
  );
}

export function openLog(write: (line: Omit<LogEntry, 'at'>) => void): RunLog {
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
