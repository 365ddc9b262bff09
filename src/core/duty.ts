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
  /** Every key with its next moment. */
  list(): Promise<readonly { readonly key: string; readonly at: Date }[]>;
  /**
   * Does what `key` is due for, in one transaction with the next timer. Answers the next moment, or
   * undefined when there is none. Called early or twice, it changes nothing.
   */
  fire(tx: Sql, key: string): Promise<Date | undefined>;
}
