import type { Artifact } from './archive.ts';

/** The states a run is stored in. `blocked`: held back by a limit or a parent. */
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
  active: ['queued', 'succeeded', 'failed', 'cancelled'],
  blocked: ['queued', 'cancelled', 'expired'],
  succeeded: [],
  failed: ['queued'],
  cancelled: ['queued'],
  expired: ['queued'],
};

export function mayMove(from: RunState, to: RunState): boolean {
  return legalMoves[from].includes(to);
}

/** The states in which a run rests until somebody touches it. */
export const finalStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'expired'];

export function isFinal(state: RunState): boolean {
  return finalStates.includes(state);
}

/** What people are shown: a queued run with its time ahead is scheduled, or retrying after an attempt. */
export function shownState(
  run: { readonly state: RunState; readonly runAt: Date; readonly attempt: number },
  now: Date,
): RunState | 'scheduled' | 'retrying' {
  if (run.state !== 'queued' || run.runAt <= now) return run.state;
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
  readonly schedule: string | null;
  /** The run that this one replays. */
  readonly replayOf: string | null;
  readonly delivery: string;
  readonly worker: string | null;
  readonly createdAt: Date;
  readonly runAt: Date;
  /** After it, the run does not begin any more; null: it always may. */
  readonly expiresAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}
