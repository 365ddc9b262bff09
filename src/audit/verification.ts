/** Something in the log that is not as it was written. */
export interface AuditFault {
  /** The place in the chain; null for what is in none. */
  readonly position: number | null;
  readonly says: string;
}

/** What became of a look at the whole log. */
export interface Verification {
  readonly intact: boolean;
  /** Sealed entries that were looked at, and the positions of the first and last of them. */
  readonly entries: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly checkpoints: number;
  /** Checkpoints that are signed with a key that is trusted. */
  readonly signed: number;
  /** Entries that were written a moment ago and are not sealed yet. */
  readonly waiting: number;
  readonly faults: readonly AuditFault[];
  /** What keeps the log from being as good a proof as it could be. */
  readonly warnings: readonly string[];
}

/** Takes down what is wrong, and where. */
export type Say = (position: number | null, says: string) => void;
