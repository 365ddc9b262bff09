import type { ChildOutcome } from '../core/child.ts';
import type { Sql } from '../core/sql.ts';
import type { Fence, Ledger, NewWait } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Artifacts } from './artifacts.ts';
import type { Catalogue } from './catalogue.ts';
import type { ChildRequest } from './children.ts';

/** A wait as a handler asks for it; without `children` a fan-out is only looked up. */
export interface WaitRequest extends NewWait {
  readonly children?: readonly ChildRequest[];
  readonly cancelRest?: boolean;
}

/** What has become of a wait so far. */
export type WaitState =
  /** No attempt has accepted these children. */
  | { readonly is: 'unknown' }
  | { readonly is: 'pending'; readonly dueMs: number | null }
  /** Its time is over. */
  | { readonly is: 'over'; readonly waitedMs: number }
  | { readonly is: 'event'; readonly payload: unknown; readonly waitedMs: number }
  /** Every child's outcome, or that of the first that succeeded. */
  | {
      readonly is: 'ended';
      readonly outcomes: readonly ChildOutcome[];
      readonly waitedMs: number;
    }
  /** The outcome of the child that decided it. */
  | { readonly is: 'failed'; readonly job: string; readonly outcome: ChildOutcome };

export interface AwaitingServices {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly catalogue: Catalogue;
  readonly queues: Queues;
  readonly fence: Fence;
  /** A transaction that has the run's row. */
  hold<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
}
