import type { RunState } from '../../src/core/run.ts';

/** What a process of the load was told or did, as it wrote down at that moment. */
export type Told =
  /** `enqueue` resolved. */
  | { readonly kind: 'accepted'; readonly run: string; readonly job: string }
  /** `cancel` is about to be called; a kill may come between its commit and the next line. */
  | { readonly kind: 'cancelling'; readonly run: string }
  /** `cancel` resolved. */
  | { readonly kind: 'cancelled'; readonly run: string }
  /** The body of a step ran to its end, and made `mark`. */
  | {
      readonly kind: 'performed';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
      readonly mark: string;
    }
  /** The runtime announced the end of an attempt. */
  | {
      readonly kind: 'ended';
      readonly run: string;
      readonly attempt: number;
      readonly state: RunState | 'fenced';
    };

/** What the database itself wrote down by triggers, in the order in which it happened to each run. */
export type Entry =
  | {
      readonly kind: 'move';
      readonly run: string;
      readonly attempt: number;
      readonly worker: string | null;
      /** Null when the run was accepted. */
      readonly from: RunState | null;
      readonly to: RunState;
      readonly at: number;
    }
  | { readonly kind: 'step'; readonly run: string; readonly attempt: number; readonly step: string }
  /** A remembered step was changed or removed. */
  | {
      readonly kind: 'unstep';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
    }
  /** A handler wrote through `ctx`; `step` names the transaction it did it in. */
  | {
      readonly kind: 'effect';
      readonly run: string;
      readonly attempt: number;
      readonly step: string | null;
    };

/** A run as the ledger has it in the end. */
export interface EndedRun {
  readonly id: string;
  readonly job: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly losses: number;
  readonly result: unknown;
}

export interface EndedStep {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly result: unknown;
}

/** All that the checker judges. */
export interface Evidence {
  readonly told: readonly Told[];
  readonly entries: readonly Entry[];
  readonly runs: readonly EndedRun[];
  readonly steps: readonly EndedStep[];
}
