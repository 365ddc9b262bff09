import type { Sql } from './sql.ts';

/** A periodic task of the control plane: one at a time in the whole cluster, and safe if doubled. */
export interface Duty {
  readonly name: string;
  /** Seconds from the end of one pass to the next. */
  readonly periodSeconds: number;
  /** One pass; what it answers is shown to people. */
  run(): Promise<unknown>;
}

/** Moments at which something has to happen, kept in the database, so that no process has to remember them. */
export interface DurableTimers {
  /** Every key, or this one alone, with its next moment. */
  list(key?: string): Promise<readonly Timer[]>;
  /** Does what `key` is due for, in one transaction with the next timer. Called early or twice, it changes nothing. */
  fire(tx: Sql, key: string): Promise<Fired>;
  /** Calls `onChange` with a key whose moment is another now, or with none when any may be, until the answered function is called. */
  watch?(onChange: (key?: string) => void): Promise<() => Promise<void>>;
}

/** A moment that is waited for. */
export interface Timer {
  readonly key: string;
  readonly at: Date;
}

/** What follows from a timer that went off. */
export interface Fired {
  /** The next moment, or undefined when there is none. */
  readonly next: Date | undefined;
  /** To be done once the transaction is committed; nothing rests on it. */
  afterCommit?(): Promise<void>;
}
