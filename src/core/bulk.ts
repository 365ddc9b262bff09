import { Failure } from './errors.ts';
import type { JobScope } from './job-scope.ts';
import { isFinal, mayMove, type RunState, runStates } from './run.ts';

/** What may be done to many runs at once. */
export type BulkAction = 'retry' | 'cancel';

/** Which runs; what is absent does not matter. */
export interface RunFilter {
  readonly job?: string | undefined;
  readonly state?: RunState | undefined;
  readonly fingerprint?: string | undefined;
  /** Children of this run. */
  readonly parent?: string | undefined;
  /** Accepted at this time or later, as ISO 8601. */
  readonly from?: string | undefined;
  /** Accepted before this time. */
  readonly to?: string | undefined;
  /** Of these jobs only: what whoever asks is limited to. */
  readonly within?: JobScope;
}

/** An action on all runs that a filter finds. */
export interface BulkOrder {
  readonly action: BulkAction;
  readonly filter: RunFilter;
  /** Has to be said where the filter is empty. */
  readonly all?: boolean | undefined;
  /** Runs per second, for a retry: the run k begins k/rate seconds from now. */
  readonly rate?: number | undefined;
  /** Runs at the most, the oldest first. */
  readonly limit?: number | undefined;
  /** Kept with each run that is cancelled. */
  readonly reason?: string | undefined;
}

/** The states from which a run can be retried, or cancelled. */
export const bulkStates: Readonly<Record<BulkAction, readonly RunState[]>> = {
  retry: runStates.filter((state) => isFinal(state) && mayMove(state, 'queued')),
  cancel: runStates.filter((state) => mayMove(state, 'cancelled')),
};

/**
 * The states that an order is about: the one it names, else `failed` for a retry and all unfinished ones for a
 * cancel. Throws `bulk.state`, `bulk.everything` or `bulk.rate`.
 */
export function checkBulk({ action, filter, all, rate }: BulkOrder): readonly RunState[] {
  const { state, within: _, ...others } = filter;
  const states = bulkStates[action];
  if (state !== undefined && !states.includes(state))
    throw new Failure('bulk.state', { action, state, states: states.join(', ') });
  if ([state, ...Object.values(others)].every((value) => value === undefined) && !all)
    throw new Failure('bulk.everything', { action });
  if (rate !== undefined && action !== 'retry') throw new Failure('bulk.rate', {});
  return state === undefined ? byDefault[action] : [state];
}

const byDefault: Readonly<Record<BulkAction, readonly RunState[]>> = {
  retry: ['failed'],
  cancel: bulkStates.cancel,
};
