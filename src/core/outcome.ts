import { backoffMs } from './backoff.ts';
import { Cancel, GiveBack, Snooze } from './endings.ts';
import { Failure, type FailureKind } from './errors.ts';
import type { RetryPolicy } from './job.ts';
import type { RunError } from './run.ts';

/** How an attempt ended: its handler returned, or something was thrown (by it, by its timeout, by a stop). */
export type Ending = { readonly returned: unknown } | { readonly thrown: unknown };

/** What happens to the run after an attempt. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly result: unknown }
  | { readonly state: 'failed'; readonly error: RunError; readonly failures: number }
  | { readonly state: 'cancelled'; readonly error: RunError }
  | {
      readonly state: 'queued';
      readonly why: 'retry' | 'snooze' | 'given back';
      readonly runAt: Date;
      readonly error: RunError;
      readonly failures: number;
    };

/** What the decision needs to know of the run. `failures`: those before this attempt. */
export interface AttemptFacts {
  readonly retry: RetryPolicy;
  readonly failures: number;
  readonly now: Date;
  /** 0 … 1, for the jitter. */
  readonly random: number;
}

/** The one decision after an attempt, as a pure function. */
export function decideOutcome(ending: Ending, facts: AttemptFacts): Outcome {
  if ('returned' in ending) return { state: 'succeeded', result: ending.returned };
  const { thrown } = ending;
  const error = describeError(thrown);
  const { failures, now } = facts;
  if (thrown instanceof Cancel) return { state: 'cancelled', error };
  if (thrown instanceof Snooze)
    return { state: 'queued', why: 'snooze', runAt: later(now, thrown.delayMs), error, failures };
  if (thrown instanceof GiveBack)
    return { state: 'queued', why: 'given back', runAt: now, error, failures };
  return decideFailure(thrown, error, facts);
}

/** A run that lost its worker so many times is set aside instead of run again. */
export const poisonousLosses = 5;

/** What the ledger keeps of something thrown. */
export function describeError(thrown: unknown): RunError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {};
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack.slice(0, 8000) };
  return { name: thrown.name, message: thrown.message, ...code, ...stack };
}

function decideFailure(thrown: unknown, error: RunError, facts: AttemptFacts): Outcome {
  const failures = facts.failures + 1;
  if (isHopeless(thrown) || failures >= facts.retry.attempts)
    return { state: 'failed', error, failures };
  const runAt = later(facts.now, backoffMs(facts.retry, failures, facts.random));
  return { state: 'queued', why: 'retry', runAt, error, failures };
}

const hopeless: readonly FailureKind[] = ['invalid', 'denied', 'missing', 'bug'];

/** Trying again cannot help where somebody has to change something first. */
function isHopeless(thrown: unknown): boolean {
  return thrown instanceof Failure && hopeless.includes(thrown.kind);
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
