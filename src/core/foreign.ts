import type { Artifact } from './archive.ts';
import { restMs } from './rest.ts';
import type { RunError, RunState } from './run.ts';

/** What is known of the run that a foreign job became. */
export interface AdoptedEnd {
  readonly state: RunState;
  readonly result: unknown;
  readonly artifact: Artifact | null;
  readonly error: RunError | null;
  /** Milliseconds since it was adopted, and until it may run; by Postgres's clock. */
  readonly ageMs: number;
  readonly dueMs: number;
}

/** What becomes of the foreign job itself: it ends as its run did, and no sooner. */
export type ForeignAnswer =
  | { readonly value: unknown }
  | { readonly refused: string }
  | { readonly restMs: number };

/** Decides it. A result in the archive is told by where it is. */
export function answerForeign({ ageMs, dueMs, ...run }: AdoptedEnd): ForeignAnswer {
  const { state, result, artifact, error } = run;
  if (state === 'succeeded') return { value: artifact ? { artifact } : result };
  if (state === 'failed' || state === 'cancelled' || state === 'expired')
    return { refused: error?.message ?? 'nobody said why' };
  return { restMs: Math.max(restMs(ageMs, untilEnd), Math.min(dueMs, untilEnd.mostMs)) };
}

/** The end is seen at most a tenth later than it took, and within a minute. */
const untilEnd = { part: 0.1, leastMs: 300, mostMs: 60_000 };
