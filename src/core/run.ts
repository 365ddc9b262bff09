import type { Artifact } from './archive.ts';
import type { Author } from './audit.ts';
import type { Uniqueness } from './uniqueness.ts';

/** The states a run is stored in. `blocked`: held back at the gate of its job, or waiting for its children or an event. */
export const runStates = [
  'queued',
  'active',
  'blocked',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
] as const;

export type RunState = (typeof runStates)[number];

/** Which state may follow which. A failed, cancelled or expired run starts again only when somebody retries it. */
export const legalMoves: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['active', 'blocked', 'failed', 'cancelled', 'expired'],
  active: ['queued', 'blocked', 'succeeded', 'failed', 'cancelled'],
  blocked: ['queued', 'failed', 'cancelled', 'expired'],
  succeeded: [],
  failed: ['queued', 'blocked'],
  cancelled: ['queued', 'blocked'],
  expired: ['queued', 'blocked'],
};

export function mayMove(from: RunState, to: RunState): boolean {
  return legalMoves[from].includes(to);
}

/** The states in which a run rests until somebody touches it. */
export const finalStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'expired'];

export function isFinal(state: RunState): boolean {
  return finalStates.includes(state);
}

/** What people are shown: a waiting run with its time ahead is scheduled, sleeping, or retrying after an attempt. */
export function shownState(
  run: Pick<Run, 'state' | 'runAt' | 'attempt' | 'error'>,
  now: Date,
): RunState | 'scheduled' | 'sleeping' | 'retrying' {
  if (!['queued', 'blocked'].includes(run.state) || run.runAt <= now) return run.state;
  if (run.error?.name === 'Waiting') return run.state;
  if (run.error?.name === 'Sleeping') return 'sleeping';
  return run.attempt === 0 ? 'scheduled' : 'retrying';
}

/** What the ledger keeps of an error, as JSON. */
export interface RunError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  /** The same for errors of the same cause. */
  readonly fingerprint?: string;
  /** Attempts in a row that our own servers ended, this one included. */
  readonly outages?: number;
}

/** How far an active run is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly note?: string;
}

/** One execution of a job, as the ledger knows it. */
export interface Run {
  readonly id: string;
  readonly job: string;
  readonly version: number;
  readonly state: RunState;
  readonly payload: unknown;
  readonly result: unknown;
  /** Where the result is, when it is too large for the row; `result` is null then. */
  readonly artifact: Artifact | null;
  readonly error: RunError | null;
  readonly progress: Progress | null;
  /** Attempts begun; with `id` and `delivery` the fencing token of the last of them. */
  readonly attempt: number;
  /** Attempts that count against the retry policy. */
  readonly failures: number;
  /** Attempts whose worker died. */
  readonly losses: number;
  readonly priority: number;
  /** Whose run it is, where the limits of its job go by that. */
  readonly key: string | null;
  readonly schedule: string | null;
  /** The moment of its schedule that it stands for. */
  readonly due: Date | null;
  /** The run that this one replays. */
  readonly replayOf: string | null;
  /** The run whose handler enqueued this one. */
  readonly parent: string | null;
  /** The wait of the parent that its end may answer. */
  readonly parentStep: string | null;
  /** The key that it was enqueued with, and what that means. */
  readonly uniqueness: Uniqueness | null;
  /** Who enqueued it, where somebody did by the API. */
  readonly acceptedBy: Author | null;
  readonly delivery: string;
  readonly worker: string | null;
  readonly createdAt: Date;
  readonly runAt: Date;
  /** After it, the run does not begin any more; null: it always may. */
  readonly expiresAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}
