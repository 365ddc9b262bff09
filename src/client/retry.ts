import { NightshiftError, ProblemError } from './problem.ts';

/** How often, and after what pauses, a call is tried again. */
export interface RetryOptions {
  /** Tries in all; 1 never tries again. By default 5. */
  readonly tries: number;
  /** The pause after the first try; it doubles with each. By default 200. */
  readonly firstPauseMs: number;
  /** The longest pause; a server that asks for a longer one (Retry-After) is not waited for. By default 30000. */
  readonly longestPauseMs: number;
}

export const usualRetry: RetryOptions = { tries: 5, firstPauseMs: 200, longestPauseMs: 30_000 };

/** Statuses after which the same call may succeed. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Milliseconds until the call is tried again, or undefined when it is not: the error will be the same, the tries
 * are used up, or the server asks for more patience than there is. `random` is from 0 to 1.
 */
export function pauseBefore(
  error: unknown,
  { tried, random }: { readonly tried: number; readonly random: number },
  { tries, firstPauseMs, longestPauseMs }: RetryOptions,
): number | undefined {
  if (tried >= tries || !mayPass(error)) return undefined;
  // Whole jitter: of many clients that failed together, no two come again together.
  const backoff = Math.min(longestPauseMs, firstPauseMs * 2 ** (tried - 1)) * random;
  const asked = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
  return asked > longestPauseMs ? undefined : Math.min(longestPauseMs, asked + backoff);
}

function mayPass(error: unknown): boolean {
  if (error instanceof ProblemError) return passing.has(error.status) && !isBug(error);
  if (!(error instanceof NightshiftError)) return false;
  return error.code === 'client.unreachable' || error.code === 'client.timeout';
}

/** What the server itself calls a bug of a job will not pass by itself. */
function isBug({ status, problem }: ProblemError): boolean {
  return status === 500 && problem.kind === 'bug' && problem.code !== 'internal';
}

/** Milliseconds of a Retry-After: seconds, or a date. */
export function readRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
