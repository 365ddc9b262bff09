import { durationMs } from './duration.ts';
import type { RetryPolicy } from './job.ts';

/**
 * Milliseconds to wait after the `failures`-th failed attempt (from 1): `from` doubled each time under
 * `exponential`, never above `upTo`, of which the part `jitter` is scaled by `random` (0 … 1).
 */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  const from = durationMs(policy.from);
  const grown = policy.backoff === 'fixed' ? from : from * 2 ** Math.min(failures - 1, 50);
  const capped = Math.min(grown, durationMs(policy.upTo));
  return Math.round(capped * (1 - policy.jitter * random));
}
