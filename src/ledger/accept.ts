import type { Author } from '../core/audit.ts';
import { cleanJson } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Uniqueness } from '../core/uniqueness.ts';

/** A run on its way into the ledger. Its id is a uuidv7 of ours. */
export interface NewRun {
  readonly id: string;
  readonly delivery: string;
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  readonly priority: number;
  /** Milliseconds until it may run, by Postgres's clock. Absent: it may now. */
  readonly delayMs?: number;
  /** Milliseconds, from when it may run, after which it does not begin any more. Absent: it always may. */
  readonly expiresMs?: number;
  /** The schedule that it is a firing of, and the moment it stands for. */
  readonly schedule?: string;
  readonly due?: Date;
  /** The run that this one replays. */
  readonly replayOf?: string;
  /** Runs that may share its delivery; absent: it goes alone. */
  readonly bundle?: number;
  /** The run whose handler enqueues this one. */
  readonly parent?: string;
  /** The wait of the parent that this one's end may answer. */
  readonly parentStep?: string;
  /** It lives on when its parent is cancelled. */
  readonly detached?: boolean;
  /** Whose run it is, where limits go by that. */
  readonly key?: string;
  /** Set for a run of a job with limits: it waits at the job's gate. */
  readonly gate?: {
    /** The job has a `maxQueued`: whether one more may wait has to be asked first. */
    readonly limited: boolean;
  };
  readonly uniqueness?: Uniqueness;
  /** Who enqueued it, where somebody did; the audit log tells of it. */
  readonly acceptedBy?: Author | undefined;
}

/**
 * SQL that inserts the runs of the jsonb `list`: for their queue, or to wait at the gates of their jobs. As json,
 * Postgres would read each payload twice: 26 µs a run where it is 14.
 */
export function insertionAs(state: 'queued' | 'blocked', list = '$1::jsonb'): string {
  return `insert into nightshift.runs (id, delivery, job, version, state, payload, priority, schedule, due, replay_of, parent, parent_step, detached,
    key, gated, uniqueness, accepted_by, run_at, expires_at)
  select id, delivery, job, version, '${state}', coalesce(payload, 'null'), priority, schedule, due, "replayOf", parent, "parentStep",
    coalesce(detached, false), key, ${state === 'blocked'}, uniqueness, "acceptedBy",
    now() + coalesce("delayMs", 0) * interval '1 millisecond',
    now() + (coalesce("delayMs", 0) + "expiresMs") * interval '1 millisecond'
  from jsonb_to_recordset(${list}) as run(id uuid, delivery uuid, job text, version int, payload jsonb,
    priority int, schedule text, due timestamptz, "replayOf" uuid, parent uuid, "parentStep" text, detached boolean, key text, uniqueness jsonb, "acceptedBy" jsonb,
    "delayMs" float8, "expiresMs" float8)`;
}

/** SQL that leaves the dispatch of the runs of the jsonb `list` to the relay. */
export function postingOf(list = '$1::jsonb'): string {
  return `insert into nightshift.outbox (run_id, delivery) select id, delivery
    from jsonb_to_recordset(${list}) as run(id uuid, delivery uuid)`;
}

const insert = insertionAs('queued');
const insertOnce = `${insert} on conflict (id) do nothing`;

/** Writes the runs in one statement, past any gate. Doing it again after an unknown commit changes nothing. */
export async function insertRuns(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  await sql.query(insertOnce, [cleanJson(runs)], 'insert_runs').catch(explainNoWeek);
}

/**
 * Writes the runs and leaves their dispatch to the relay, in one statement, so that it is all or nothing on a
 * connection without a transaction, too. It takes the right to insert into both tables, and no other.
 */
export async function acceptRuns(tx: Sql, runs: readonly NewRun[]): Promise<void> {
  await tx
    .query(`with accepted as (${insert}) ${postingOf()}`, [cleanJson(runs)])
    .catch(explainNoWeek);
}

/** The id of a run has the time of this process in it, and Postgres keeps runs by week. */
export function explainNoWeek(error: unknown): never {
  const { code, table, constraint } = error as Partial<Record<string, unknown>>;
  if (code === '23514' && table === 'runs' && !constraint)
    throw new Failure('run.no_week', { here: new Date().toISOString() }, error);
  throw error;
}

/** Leaves the dispatch of these runs to the relay; commits with whatever else is in `sql`'s transaction. */
export async function insertOutbox(
  sql: Sql,
  rows: readonly { readonly id: string; readonly delivery: string }[],
): Promise<void> {
  await sql.query(
    `insert into nightshift.outbox (run_id, delivery, unchecked_job)
     select run, delivery, (select r.job from nightshift.runs r where r.id = run and r.unchecked)
     from unnest($1::uuid[], $2::uuid[]) as posted(run, delivery)
     on conflict (run_id) do update set delivery = excluded.delivery, leased_until = '-infinity',
       unchecked_job = excluded.unchecked_job`,
    [rows.map(({ id }) => id), rows.map(({ delivery }) => delivery)],
  );
}
