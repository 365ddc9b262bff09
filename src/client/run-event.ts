import type { Progress, RunError, RunState } from '../core/run.ts';

/** What a run's state events say. */
export interface RunLook {
  readonly run: string;
  readonly job: string;
  readonly state: RunState;
  readonly shownState: string;
  readonly attempt: number;
  readonly error: RunError | null;
  readonly runAt: string;
  readonly finishedAt: string | null;
}

/** A line of a run's log. */
export interface LogLine {
  readonly sequence: number | string;
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly [more: string]: unknown;
}

/** Something that happened to a run; `id` is what a later stream goes on after. */
export type RunEvent = { readonly id: string } & (
  | { readonly type: 'state'; readonly data: RunLook }
  | { readonly type: 'attempt'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: 'log'; readonly data: LogLine }
  | { readonly type: 'progress'; readonly data: Progress }
  | { readonly type: 'end'; readonly data: RunLook }
);
