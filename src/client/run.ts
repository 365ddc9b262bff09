import { isFinal, type Run as LedgerRun, type RunState } from '../core/run.ts';

/** Fields of a run that are times, which JSON carries as ISO 8601. */
type Times = 'due' | 'createdAt' | 'runAt' | 'expiresAt' | 'startedAt' | 'finishedAt';

/** One execution of a job, as the API answers it. */
export interface Run<Result = unknown>
  extends Omit<LedgerRun, Times | 'result' | 'delivery' | 'worker' | 'uniqueness'> {
  /** What its handler answered, once it has succeeded; null before. */
  readonly result: Result | null;
  /** What people are shown: a queued run may be `scheduled`, `sleeping` or `retrying`. */
  readonly shownState: RunState | 'scheduled' | 'sleeping' | 'retrying';
  readonly due: string | null;
  readonly createdAt: string;
  readonly runAt: string;
  readonly expiresAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** True for a run that rests until somebody touches it. */
export function hasEnded({ state }: Pick<Run, 'state'>): boolean {
  return isFinal(state);
}
