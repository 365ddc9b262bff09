import { z } from 'zod';
import { type Bundle, largestBundle } from './bundle.ts';
import type { Need, RunContext } from './context.ts';
import { type Duration, durationMs } from './duration.ts';
import { Failure } from './errors.ts';
import { findLimitFaults, type LimitOptions, type limitOptions } from './limits.ts';
import { type Size, sizeBytes } from './size.ts';
import { findUpgradeFaults, type Upgrades } from './upgrade.ts';

/** When and how often a failed attempt is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly backoff: 'exponential' | 'fixed';
  /** The wait after the first failed attempt. */
  readonly from: Duration;
  /** No wait is longer than this. */
  readonly upTo: Duration;
  /** 0 … 1: which part of the wait is left to chance. */
  readonly jitter: number;
}

/** A job as it is written down; everything but name, summary, payload and run has a default. */
export interface JobOptions<Payload extends z.ZodType, Result extends z.ZodType, Needs extends Need>
  extends LimitOptions<z.output<Payload>> {
  readonly name: string;
  /** One sentence for people. */
  readonly summary: string;
  readonly version?: number;
  /** How payloads of older versions become those of this one: by the version that each step begins with. */
  readonly upgrade?: Upgrades;
  readonly payload: Payload;
  readonly result?: Result;
  readonly retry?: Partial<RetryPolicy>;
  /** How long one attempt may take. */
  readonly timeout?: Duration;
  /** How long a run may wait, from when it may run, before it begins; left out: for ever. */
  readonly expires?: Duration;
  /** Where an attempt runs: in the worker's process, or in one of its own that can be stopped for certain. */
  readonly isolation?: Isolation;
  /** What the process of an isolated attempt may take up; beyond it the process is killed. */
  readonly memory?: Size;
  /** How long an isolated attempt that is over may go on tidying up before its process is killed. */
  readonly killAfter?: Duration;
  /** Which workers drain it; `heavy` for long or memory-hungry work. */
  readonly pool?: Pool;
  /**
   * How many runs one delivery carries where many wait (1 … 1000, by default 1): for short jobs it costs a third.
   * A bundle goes to one worker, so that long runs are better spread singly.
   */
  readonly bundle?: Bundle;
  readonly needs?: readonly Needs[];
  run(ctx: RunContext<Needs>, payload: z.output<Payload>): Promise<z.input<Result>>;
}

export type Pool = 'general' | 'heavy';

export type Isolation = 'inline' | 'process';

/** Options without a default. */
type Open = 'expires' | (typeof limitOptions)[number];

/** A job with its defaults filled in. */
export interface Job<
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Needs extends Need = Need,
> extends Required<Omit<JobOptions<Payload, Result, Needs>, 'retry' | Open>>,
    Pick<JobOptions<Payload, Result, Needs>, Open> {
  readonly retry: RetryPolicy;
}

/** A job of any payload, result and needs, as lists of jobs hold them. */
// biome-ignore format: one line reads better
// oxlint-disable-next-line typescript/no-explicit-any -- only `any` is both co- and contravariant
export type AnyJob = Job<any, any, any>;

const retryByDefault: RetryPolicy = {
  attempts: 5,
  backoff: 'exponential',
  from: '10s',
  upTo: '15m',
  jitter: 0.5,
};

/** Checks a job's definition and fills in its defaults; throws `job.invalid` with every fault. */
export function defineJob<
  Payload extends z.ZodType,
  Result extends z.ZodType = z.ZodVoid,
  const Needs extends Need = never,
>(options: JobOptions<Payload, Result, Needs>): Job<Payload, Result, Needs> {
  const job = {
    version: 1,
    upgrade: {},
    result: z.void() as unknown as Result,
    timeout: '5m',
    pool: 'general',
    isolation: 'inline',
    memory: '512mb',
    killAfter: '5s',
    bundle: { max: 1 },
    needs: [],
    ...options,
    retry: { ...retryByDefault, ...options.retry },
  } as const;
  const faults = [...findFaults(job), ...findLimitFaults(job), ...findIdle(options)];
  if (faults.length > 0)
    throw new Failure('job.invalid', { job: options.name, faults: faults.join('; ') });
  return Object.freeze(job);
}

function findFaults(job: AnyJob): string[] {
  const { name, version, retry, timeout, expires, isolation, memory, killAfter, bundle } = job;
  const faults: string[] = [];
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    faults.push(`name: "${name}" is not lower-case words joined by "-", as in mail-triage`);
  if (!Number.isInteger(version) || version < 1) faults.push('version: not a whole number from 1');
  if (!Number.isInteger(retry.attempts) || retry.attempts < 1)
    faults.push('retry.attempts: not a whole number from 1');
  if (isolation !== 'inline' && isolation !== 'process')
    faults.push(`isolation: "${String(isolation)}" is neither inline nor process`);
  if (!Number.isInteger(bundle.max) || bundle.max < 1 || bundle.max > largestBundle)
    faults.push(`bundle.max: not a whole number from 1 to ${largestBundle}`);
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) faults.push('retry.jitter: not between 0 and 1');
  for (const [where, duration] of Object.entries({
    'retry.from': retry.from,
    'retry.upTo': retry.upTo,
    timeout,
    killAfter,
    ...(expires !== undefined && { expires }),
  })) {
    try {
      if (durationMs(duration) > 2 ** 31 - 1) faults.push(`${where}: longer than 24 days`);
    } catch (error) {
      faults.push(`${where}: ${(error as Error).message}`);
    }
  }
  return [...faults, ...findUpgradeFaults(job), ...findMemoryFaults(memory)];
}

/** What a process of Node and the job's modules takes before it does anything: 100 to 130 MB. */
const leastMemory: Size = '192mb';

function findMemoryFaults(memory: Size): string[] {
  try {
    return sizeBytes(memory) < sizeBytes(leastMemory) ? [`memory: less than ${leastMemory}`] : [];
  } catch (error) {
    return [`memory: ${(error as Error).message}`];
  }
}

/** What is set and would have no effect. */
function findIdle(options: {
  readonly isolation?: Isolation;
  readonly memory?: Size;
  readonly killAfter?: Duration;
}): string[] {
  if ((options.isolation ?? 'inline') !== 'inline') return [];
  return (['memory', 'killAfter'] as const)
    .filter((name) => options[name] !== undefined)
    .map((name) => `${name}: has an effect with isolation: 'process' only`);
}
