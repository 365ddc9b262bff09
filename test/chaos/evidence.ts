import type { RunState } from '../../src/core/run.ts';

/** What a process of the load was told or did, as it wrote down at that moment. */
export type Told = Said & {
  /** Epoch milliseconds by a clock that no fault moves. */
  readonly at?: number;
  /** The process, by its journal. */
  readonly by?: string;
};

type Said =
  /** `enqueue` is about to be called; `mark` is in the payload and in no other. */
  | {
      readonly kind: 'offered';
      readonly mark: string;
      readonly job: string;
      readonly delayMs: number;
      /** It may not begin later than so long after it was accepted. */
      readonly expiresMs?: number;
      /** It is unique by this key among those of its job. */
      readonly key?: string;
      /** Its payload does not fit the job, and only a relay can find out. */
      readonly isBad?: boolean;
      /** The transaction of a handler that the offer joins: it counts when this attempt recorded this step. */
      readonly within?: { readonly run: string; readonly attempt: number; readonly step: string };
    }
  /** `enqueue` resolved, or the commit of the transaction that it had joined. */
  | {
      readonly kind: 'accepted';
      readonly mark: string;
      readonly run: string;
      readonly job: string;
      /** The run was there already, and has its key. */
      readonly existing?: true;
    }
  /** `enqueue` threw: the run may be there or not. */
  | {
      readonly kind: 'refused';
      readonly mark: string;
      /** The code of the failure, or what else was thrown. */
      readonly says: string;
      readonly tookMs: number;
    }
  /** The transaction that the offer had joined was rolled back, or broke before its commit was asked for. */
  | { readonly kind: 'rolled back'; readonly mark: string }
  /** Nobody answered its commit: the run may be there or not. */
  | { readonly kind: 'unanswered'; readonly mark: string; readonly says: string }
  /** `cancel` is about to be called; a kill may come between its commit and the next line. */
  | { readonly kind: 'cancelling'; readonly run: string }
  /** `cancel` resolved. */
  | { readonly kind: 'cancelled'; readonly run: string }
  /** A retry by hand is about to be asked for. */
  | { readonly kind: 'retrying'; readonly run: string }
  /** It was granted. */
  | { readonly kind: 'retried'; readonly run: string }
  /** A delivery that the queue had already is dispatched once more. */
  | { readonly kind: 'doubled'; readonly run: string }
  /** The body of a step ran to its end, and made `mark`. */
  | {
      readonly kind: 'performed';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
      readonly mark: string;
    }
  /** Code of an isolated attempt is at work, in the process of its own. */
  | { readonly kind: 'alive'; readonly run: string; readonly attempt: number }
  /** The runtime announced the end of an attempt. */
  | {
      readonly kind: 'ended';
      readonly run: string;
      readonly attempt: number;
      readonly state: RunState | 'fenced';
    };

/** What the database itself wrote down by triggers, in the order in which it happened to each run. */
export type Entry = Noted & {
  /** Epoch milliseconds by the database's clock. */
  readonly at?: number;
  /** When the transaction had begun. */
  readonly beganAt?: number;
};

type Noted =
  | {
      readonly kind: 'move';
      readonly run: string;
      readonly attempt: number;
      readonly worker: string | null;
      /** Null when the run was accepted. */
      readonly from: RunState | null;
      readonly to: RunState;
      /** Attempts so far that count against the retry policy. */
      readonly failures: number;
      /** For a run taken from its worker: how long that had not been heard of; null when it had said goodbye. */
      readonly silentMs?: number | null;
      /** For a run that begins while its job is paused: how long the pause stood at its worker's last beat but one. */
      readonly pausedMs?: number | null;
      /** How long before its time it began; negative when after. */
      readonly earlyMs?: number | null;
    }
  | { readonly kind: 'step'; readonly run: string; readonly attempt: number; readonly step: string }
  /** A remembered step was changed or removed. */
  | {
      readonly kind: 'unstep';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
    }
  /** Something about its delivery, for those who read a timeline. */
  | { readonly kind: 'note'; readonly run: string; readonly attempt: number; readonly step: string }
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
  readonly failures: number;
  readonly losses: number;
  readonly result: unknown;
  /** The code of what it failed with last; null for an error of its own. */
  readonly errorCode: string | null;
  /** Of the offer it came from; null when a schedule made it. */
  readonly mark: string | null;
  /** That it is unique by. */
  readonly key: string | null;
  readonly schedule: string | null;
  /** The run that enqueued it by `ctx`. */
  readonly parent: string | null;
  /** 0 first. */
  readonly priority: number;
}

export interface EndedStep {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly result: unknown;
}

/** What became of a moment of a schedule. Times are epoch milliseconds. */
export interface Firing {
  readonly schedule: string;
  readonly due: number;
  readonly state: 'fired' | 'skipped' | 'waiting';
  readonly run: string | null;
  readonly firedAt: number | null;
}

/** All that the checker judges. */
export interface Evidence {
  readonly told: readonly Told[];
  readonly entries: readonly Entry[];
  readonly runs: readonly EndedRun[];
  readonly steps: readonly EndedStep[];
  readonly firings: readonly Firing[];
  /** From when until when the schedules stood, in epoch milliseconds. */
  readonly span: readonly [number, number];
  /** When a duty of the suite ran, in order. */
  readonly pulses: readonly number[];
}

/** Those of one kind. */
export function toldOf<Kind extends Told['kind']>(told: readonly Told[], kind: Kind) {
  return told.filter((one): one is Extract<Told, { kind: Kind }> => one.kind === kind);
}

/** Those of one kind. */
export function entriesOf<Kind extends Entry['kind']>(entries: readonly Entry[], kind: Kind) {
  return entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}
