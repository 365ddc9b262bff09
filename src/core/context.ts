import type { Waiting } from './child.ts';
import type { Documents, Mailboxes } from './connectors.ts';
import type { Sql } from './sql.ts';

/** What a job may ask for in `needs`, and what `ctx` then carries under that name. */
export interface Provisions {
  mailbox: Mailboxes;
  documents: Documents;
  /** The database, for a job's own tables (`store.ts`). */
  database: Sql;
}

export type Need = keyof Provisions;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The log of one run, kept with it and searchable. */
export type RunLog = Record<LogLevel, (message: string, data?: Record<string, unknown>) => void>;

/** Which run this is. */
export interface RunIdentity {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
  /**
   * The schedule that it is a firing of, and the moment it stands for: work on the time before `due`, not before
   * `ctx.now()`, and a late or backfilled run does what it should have done then. Absent for any other run.
   */
  readonly schedule?: ScheduledFor;
}

export interface ScheduledFor {
  readonly name: string;
  readonly due: Date;
}

/** What every handler gets, whatever it needs. */
export interface BaseContext extends Waiting {
  readonly run: RunIdentity;
  /** Aborted when the run is cancelled, times out, or the worker stops. */
  readonly signal: AbortSignal;
  /** The same for every attempt of this run: hand it to systems that take one. */
  readonly idempotencyKey: string;
  readonly log: RunLog;
  /** The time, from a clock that tests can move. */
  now(): Date;
  /** Shows how far the run is; cheap enough to call for every item. */
  progress(done: number, total: number, note?: string): void;
  /**
   * Runs `work` once per run and remembers its result (JSON): a retry, on whatever machine, gets the
   * remembered result. Refused with `run.fenced` when the attempt no longer holds the run.
   */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /**
   * A step whose SQL, documents and decisions commit together with its result, or not at all. Keep it
   * short: it holds the run's row, and on PGlite every other query waits (deadline 5 s).
   */
  transaction<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T>;
}

/** The context of a job that declared `Needs`. */
export type RunContext<Needs extends Need = never> = BaseContext & Pick<Provisions, Needs>;
