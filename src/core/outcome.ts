import type { Artifact } from './archive.ts';
import { backoffMs } from './backoff.ts';
import { Cancel, GiveBack, Snooze, Suspended } from './endings.ts';
import { Failure, type FailureCode, isFailure } from './errors.ts';
import type { FailureKind } from './failures.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { RetryPolicy } from './job.ts';
import type { RunError } from './run.ts';

/** How an attempt ended: its handler returned, or something was thrown (by it, by its timeout, by a stop). */
export type Ending =
  | { readonly returned: unknown; readonly artifact?: Artifact }
  | { readonly thrown: unknown };

/** What happens to the run after an attempt. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly result: unknown; readonly artifact?: Artifact }
  | {
      readonly state: 'failed';
      readonly error: RunError;
      readonly failures: number;
      readonly losses?: number;
    }
  | { readonly state: 'cancelled'; readonly error: RunError }
  | {
      readonly state: 'queued';
      readonly why: 'retry' | 'snooze' | 'given back' | 'waiting';
      /** Until it may run again; the ledger adds it to the time of Postgres. */
      readonly delayMs: number;
      readonly error: RunError;
      readonly failures: number;
      /** All losses of the run, when this attempt was one. */
      readonly losses?: number;
    }
  /** Until its children have ended or an event came: the ledger wakes it. */
  | {
      readonly state: 'blocked';
      readonly why: 'waiting';
      readonly error: RunError;
      readonly failures: number;
    };

/** What the decision needs to know of the run. `failures`, `losses`, `outages`: those before this attempt. */
export interface AttemptFacts {
  readonly retry: RetryPolicy;
  readonly failures: number;
  readonly losses: number;
  /** Attempts in a row that an outage ended, up to the last one. */
  readonly outages: number;
  /** 0 … 1, for the jitter. */
  readonly random: number;
}

/** The one decision after an attempt, as a pure function. */
export function decideOutcome(ending: Ending, facts: AttemptFacts): Outcome {
  if ('returned' in ending) {
    const { returned: result, ...kept } = ending;
    return { state: 'succeeded', result, ...kept };
  }
  const { thrown } = ending;
  if (thrown instanceof Suspended) return decideWait(thrown, facts);
  const error = describeError(thrown);
  const { failures } = facts;
  if (thrown instanceof Cancel) return { state: 'cancelled', error };
  if (thrown instanceof Snooze)
    return { state: 'queued', why: 'snooze', delayMs: thrown.delayMs, error, failures };
  if (thrown instanceof GiveBack)
    return { state: 'queued', why: 'given back', delayMs: 0, error, failures };
  if (isFailure(thrown, 'run.crashed')) return decideCrash(thrown, error, facts);
  if (isOutage(thrown) && facts.outages + 1 < outagesPerFailure) return decideOutage(error, facts);
  return decideFailure(thrown, error, facts);
}

/** The name that stands in the row of a run that only sleeps, in place of `Waiting`. */
const sleeping = 'Sleeping';

/** Whoever only sleeps is queued for the time when it is over; what else a run waits for has no certain time. */
function decideWait({ name, message, awaited }: Suspended, { failures }: AttemptFacts): Outcome {
  const waiting = { why: 'waiting' as const, failures };
  if (!awaited.every(({ isSleep }) => isSleep))
    return { state: 'blocked', ...waiting, error: { name, message } };
  const delayMs = Math.max(0, Math.min(...awaited.map(({ dueMs }) => dueMs ?? 0)));
  return { state: 'queued', delayMs, ...waiting, error: { name: sleeping, message } };
}

/** A run that lost so many processes, its worker's or its own, is set aside instead of run again. */
export const poisonousLosses = 5;

/** What the ledger keeps of something thrown. */
export function describeError(thrown: unknown): RunError {
  const error = readThrown(thrown);
  return { ...error, fingerprint: fingerprintOf(error) };
}

function readThrown(thrown: unknown): RunError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: textOf(thrown) };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {};
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack.slice(0, 8000) };
  return { name: thrown.name, message: thrown.message, ...code, ...stack };
}

/** The text of anything thrown. Not every object has one: one without a prototype has none. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that is no error';
  }
}

/** A crash counts twice: as a failure for the retry policy, and as a loss for the poison rule. */
function decideCrash(thrown: unknown, error: RunError, facts: AttemptFacts) {
  const losses = facts.losses + 1;
  if (losses < poisonousLosses) return { ...decideFailure(thrown, error, facts), losses };
  const abandoned = describeError(new Failure('run.abandoned', { times: losses }));
  const stack = error.stack ?? error.message;
  return {
    state: 'failed' as const,
    error: { ...abandoned, stack },
    failures: facts.failures + 1,
    losses,
  };
}

/** Our own servers away or overrun, as the calls on `ctx` tell it: nothing that the job did wrong. */
const outages: readonly FailureCode[] = [
  'database.unreachable',
  'database.refused',
  'database.busy',
  'database.closed',
  'ledger.overloaded',
  'queue.unavailable',
];

function isOutage(thrown: unknown): boolean {
  return thrown instanceof Failure && outages.includes(thrown.code);
}

/** So many in a row count as one failure: it may be the job itself that brings its server down. */
const outagesPerFailure = 10;

const outageBackoff: RetryPolicy = {
  attempts: outagesPerFailure,
  backoff: 'exponential',
  from: '1s',
  upTo: '1m',
  jitter: 0.5,
};

/** The run goes back and waits longer with each outage that follows on the last. */
function decideOutage(error: RunError, { failures, outages: before, random }: AttemptFacts) {
  const inARow = before + 1;
  return {
    state: 'queued' as const,
    why: 'given back' as const,
    delayMs: backoffMs(outageBackoff, inARow, random),
    error: { ...error, outages: inARow },
    failures,
  };
}

function decideFailure(
  thrown: unknown,
  error: RunError,
  facts: AttemptFacts,
): Extract<Outcome, { state: 'failed' | 'queued' }> {
  const failures = facts.failures + 1;
  if (isHopeless(thrown) || failures >= facts.retry.attempts)
    return { state: 'failed', error, failures };
  const delayMs = backoffMs(facts.retry, failures, facts.random);
  return { state: 'queued', why: 'retry', delayMs, error, failures };
}

const hopeless: readonly FailureKind[] = ['invalid', 'denied', 'missing', 'bug'];

/** Trying again cannot help where somebody has to change something first. */
function isHopeless(thrown: unknown): boolean {
  return thrown instanceof Failure && hopeless.includes(thrown.kind);
}
