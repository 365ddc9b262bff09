import { NightshiftError } from './problem.ts';

/** About 24 days: a timer of JavaScript that is set for longer fires at once. */
const longestMs = 2 ** 31 - 1;

/** The milliseconds as they are; throws `client.argument` where no timer waits that long. */
export function requireTimeout(timeoutMs: number): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 0 && timeoutMs <= longestMs) return timeoutMs;
  throw new NightshiftError(
    'client.argument',
    `timeoutMs: ${timeoutMs} is no whole number of milliseconds from 0 to ${longestMs}; leave it out for the default`,
  );
}
