import type { Artifact } from '../../core/archive.ts';
import type { Progress } from '../../core/run.ts';
import type { StoredPayload } from '../../core/upgrade.ts';
import type { ChildRequest } from '../children.ts';
import type { LogEntry, StepDone } from '../holding.ts';
import type { WaitRequest } from '../wait.ts';
import type { Packed } from './crossing.ts';

/** What the child of an isolated attempt is told, over Node's IPC with advanced serialization. */
export type ToChild =
  | ({ readonly kind: 'start' } & Start)
  /** The attempt is over: `ctx.signal` is aborted with the reason. */
  | { readonly kind: 'abort'; readonly reason: Packed }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer };

/** All that a child has to know of its attempt. */
export interface Start extends StoredPayload {
  readonly run: string;
  readonly attempt: number;
  readonly job: string;
  readonly schedule: string | null;
  readonly due: Date | null;
  /** What the entry needs to open connectors; the runtime does not look into it. */
  readonly setup: unknown;
}

/** What the child says. */
export type ToParent =
  | { readonly kind: 'ask'; readonly id: number; readonly request: Request }
  | { readonly kind: 'log'; readonly line: LogEntry }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'ended'; readonly answer: Answer };

export type Answer = { readonly value: unknown } | { readonly error: Packed };

/** What the child asks of the ledger. Transactions are numbered by the child. */
export type Request =
  | { readonly what: 'list remembered' }
  | { readonly what: 'load'; readonly artifact: Artifact }
  | { readonly what: 'remember'; readonly step: StepDone }
  | { readonly what: 'settle'; readonly step: StepDone }
  | { readonly what: 'wait'; readonly request: WaitRequest }
  | { readonly what: 'decline'; readonly name: string }
  | {
      readonly what: 'enqueue';
      readonly name: string;
      readonly child: ChildRequest;
      readonly transaction?: number;
    }
  | {
      readonly what: 'query';
      readonly transaction?: number;
      readonly text: string;
      readonly values: readonly unknown[];
    }
  /** Answered when the transaction is open. */
  | { readonly what: 'begin'; readonly transaction: number; readonly name: string }
  /** Answered when the transaction begun under this number has ended, with its result. */
  | { readonly what: 'end of'; readonly transaction: number }
  | { readonly what: 'commit'; readonly transaction: number; readonly result: unknown }
  | { readonly what: 'roll back'; readonly transaction: number };
