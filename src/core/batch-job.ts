import { z } from 'zod';
import { type Bundle, largestBundle } from './bundle.ts';
import type { Need, Provisions, RunContext, RunLog, ScheduledFor } from './context.ts';
import { Failure } from './errors.ts';
import { type AnyJob, defineJob, type Job, type JobOptions } from './job.ts';

/** One run of a batch, as the handler gets it. */
export interface BatchItem<Payload> {
  readonly run: string;
  readonly payload: Payload;
  /** From 1; the items of one call may have different ones. */
  readonly attempt: number;
  /** The schedule that it is a firing of, and the moment it stands for; absent for any other run. */
  readonly schedule?: ScheduledFor;
  /** Aborted when this run is cancelled: its outcome counts no more. */
  readonly signal: AbortSignal;
  /** The log of this run. */
  readonly log: RunLog;
}

/** What becomes of one item: its result, or what would have been thrown, a `Cancel` and a `Snooze` included. */
export type ItemOutcome<Result> = { readonly result: Result } | { readonly error: unknown };

/** What a batch may ask for. Documents belong to one run, and a batch has many. */
export type BatchNeed = Exclude<Need, 'documents'>;

/**
 * What the handler of a batch gets. Steps, transactions, progress and an idempotency key belong to one run and are
 * not here. SQL is refused with `run.fenced` once the batch holds none of its runs any more.
 */
export type BatchContext<Needs extends BatchNeed = never> = {
  readonly job: string;
  /** Aborted when the time of the batch is over, the worker stops, or every run of it was cancelled. */
  readonly signal: AbortSignal;
  /** The time, from a clock that tests can move. */
  now(): Date;
} & Pick<Provisions, Needs>;

type BatchRun<Payload extends z.ZodType, Result extends z.ZodType, Needs extends BatchNeed> = (
  ctx: BatchContext<Needs>,
  items: readonly BatchItem<z.output<Payload>>[],
) => Promise<readonly ItemOutcome<z.input<Result>>[]>;

/** A job whose handler takes many runs in one call; everything else is as with `defineJob`. */
export interface BatchJobOptions<
  Payload extends z.ZodType,
  Result extends z.ZodType,
  Needs extends BatchNeed,
> extends Omit<
    JobOptions<Payload, Result, Needs>,
    'run' | 'bundle' | 'isolation' | 'memory' | 'killAfter'
  > {
  /** Items in one call at the most, 2 … 1000. There are as many as wait, and often one. */
  readonly batch: Bundle;
  /** Answers an outcome for each item, in order. What it throws is the outcome of every item. */
  run: BatchRun<Payload, Result, Needs>;
}

/** A job by which one call may serve many runs; with `run` it is a job like any other, of one run. */
export interface BatchJob<
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Needs extends BatchNeed = BatchNeed,
> extends Job<Payload, Result, Needs> {
  readonly runBatch: BatchRun<Payload, Result, Needs>;
}

/** A batch job of any payload, result and needs. */
// biome-ignore format: one line reads better
// oxlint-disable-next-line typescript/no-explicit-any -- only `any` is both co- and contravariant
export type AnyBatchJob = BatchJob<any, any, any>;

/**
 * Defines a job whose handler gets the runs of one delivery together. Each keeps its own attempts, retries, log and
 * result. Throws `job.invalid` with every fault.
 */
export function defineBatchJob<
  Payload extends z.ZodType,
  Result extends z.ZodType = z.ZodVoid,
  const Needs extends BatchNeed = never,
>(options: BatchJobOptions<Payload, Result, Needs>): BatchJob<Payload, Result, Needs> {
  const { batch, run: runBatch, ...rest } = options;
  const faults = findFaults(options);
  if (faults.length > 0)
    throw new Failure('job.invalid', { job: options.name, faults: faults.join('; ') });
  const { name, needs = [] } = options;
  const job = defineJob<Payload, Result, Needs>({
    ...rest,
    bundle: batch,
    async run(ctx, payload) {
      const { run, signal, log } = ctx;
      const item = { run: run.id, payload, attempt: run.attempt, signal, log };
      const outcomes = await runBatch(narrow(ctx, needs), [item]);
      const outcome = checkOutcomes(name, outcomes, 1)[0]!;
      if ('error' in outcome) throw outcome.error;
      return outcome.result;
    },
  });
  return Object.freeze({ ...job, runBatch });
}

/** True of a job that was defined as a batch job. */
export function isBatchJob(job: AnyJob): job is AnyBatchJob {
  return 'runBatch' in job;
}

/** The outcomes, one for each item; throws `batch.outcomes` when there are more or fewer, or something else. */
export function checkOutcomes<Result>(
  job: string,
  outcomes: readonly ItemOutcome<Result>[],
  items: number,
): readonly ItemOutcome<Result>[] {
  const answered: unknown = outcomes;
  if (!Array.isArray(answered) || answered.length !== items || !answered.every(isOutcome))
    throw new Failure('batch.outcomes', { job, items });
  return outcomes;
}

function isOutcome(one: unknown): boolean {
  return typeof one === 'object' && one !== null && ('result' in one || 'error' in one);
}

function narrow<Needs extends BatchNeed>(
  ctx: RunContext<Needs>,
  needs: readonly Needs[],
): BatchContext<Needs> {
  const provisions = Object.fromEntries(needs.map((need) => [need, ctx[need]]));
  const base = { job: ctx.run.job, signal: ctx.signal, now: ctx.now };
  return { ...base, ...provisions } as BatchContext<Needs>;
}

function findFaults({ batch, ...rest }: { readonly batch: Bundle; readonly needs?: unknown }) {
  const { max } = batch;
  const faults: string[] = [];
  if (!Number.isInteger(max) || max < 2 || max > largestBundle)
    faults.push(`batch.max: not a whole number from 2 to ${largestBundle}`);
  for (const name of ['bundle', 'isolation', 'memory', 'killAfter'])
    if (name in rest) faults.push(`${name}: a batch job runs inline, in bundles of batch.max`);
  if (Array.isArray(rest.needs) && rest.needs.includes('documents'))
    faults.push('needs: documents belong to one run, and a batch has many');
  return faults;
}
