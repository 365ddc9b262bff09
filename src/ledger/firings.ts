import type { DecidedFiring, WaitingFiring } from '../core/firing.ts';
import type { Sql } from '../core/sql.ts';

/** Who wanted a firing: the schedule itself, a person, or a person for a moment of the past. */
export type FiringCause = 'schedule' | 'by hand' | 'backfill';

/** What became of one moment of a schedule. */
export interface FiringRow {
  readonly due: Date;
  /** When it was or is to be made: `due` with its jitter, or moved. */
  readonly at: Date;
  readonly state: 'fired' | 'skipped' | 'waiting';
  /** Why it was skipped, or what it waits for; null when it fired. */
  readonly why: string | null;
  readonly cause: FiringCause;
  readonly run: string | null;
  readonly firedAt: Date | null;
  /** Milliseconds from `at` to the run; null without one. */
  readonly lateMs: number | null;
  /** It was later than the grace of its schedule. */
  readonly missed: boolean;
}

/** A firing to be written: with its run when it fires. */
export interface NewFiring extends DecidedFiring {
  readonly cause: FiringCause;
  readonly run?: string;
}

/**
 * Writes what was decided, in one statement. A firing that waited, or was skipped and is wanted after all, is brought
 * up to date; of one that has its run, nothing is changed. Answers the moments that were written.
 */
export async function recordFirings(
  tx: Sql,
  schedule: string,
  firings: readonly NewFiring[],
): Promise<Date[]> {
  if (firings.length === 0) return [];
  const rows = await tx.query<{ due: Date }>(
    `insert into nightshift.firings as f (schedule, due, at, state, why, cause, missed, run_id, fired_at)
     select $1, due, at, state, why, cause, missed, run, case when run is not null then now() end
     from jsonb_to_recordset($2::jsonb) as n(due timestamptz, at timestamptz, state text, why text, cause text,
       missed boolean, run uuid)
     on conflict (schedule, due) do update set at = excluded.at, state = excluded.state, why = excluded.why,
       cause = case when f.state = 'waiting' then f.cause else excluded.cause end,
       missed = f.missed or excluded.missed, run_id = excluded.run_id, fired_at = excluded.fired_at
     where f.run_id is null returning due`,
    [schedule, JSON.stringify(firings.map(toRow))],
  );
  return rows.map(({ due }) => due);
}

const stateOf = { fire: 'fired', skip: 'skipped', wait: 'waiting' } as const;

function toRow({ fate, ...firing }: NewFiring) {
  return { ...firing, state: stateOf[fate] };
}

const mostLookedAt = 1000;

/** The firings of a schedule that wait, the first thousand in order of their turn. */
export async function listWaiting(tx: Sql, schedule: string): Promise<WaitingFiring[]> {
  return tx.query<WaitingFiring>(
    `select due, at, why from nightshift.firings where schedule = $1 and state = 'waiting'
     order by at, due limit ${mostLookedAt}`,
    [schedule],
  );
}

/** Firings back from the newest among which a run that goes on is looked for. */
const lookBack = 100;

/** The runs of the schedule that have not ended, among those of its last hundred firings. */
export async function listUnfinished(tx: Sql, schedule: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select r.id from (
       select run_id from nightshift.firings where schedule = $1 and run_id is not null
       order by fired_at desc limit ${lookBack}) f
     join nightshift.runs r on r.id = f.run_id where r.finished_at is null`,
    [schedule],
  );
  return rows.map(({ id }) => id);
}

const columns = `due, coalesce(at, due) as at, state, why, cause, run_id as run, fired_at as "firedAt", missed,
  round(extract(epoch from fired_at - coalesce(at, due)) * 1000)::float8 as "lateMs"`;

/** The newest firings of a schedule that are due before `before`, newest first. */
export async function listFirings(
  sql: Sql,
  schedule: string,
  { before, limit }: { readonly before?: Date | undefined; readonly limit: number },
): Promise<FiringRow[]> {
  return sql.query<FiringRow>(
    `select ${columns} from nightshift.firings
     where schedule = $1 and ($2::timestamptz is null or due < $2) order by due desc limit $3`,
    [schedule, before?.toISOString() ?? null, limit],
  );
}

/** Those of the moments that have their run already, or wait for it. */
export async function listTaken(
  sql: Sql,
  schedule: string,
  moments: readonly Date[],
): Promise<Date[]> {
  const rows = await sql.query<{ due: Date }>(
    `select due from nightshift.firings where schedule = $1 and due = any($2::timestamptz[]) and state <> 'skipped'`,
    [schedule, moments.map((moment) => moment.toISOString())],
  );
  return rows.map(({ due }) => due);
}

/** The schedules for which firings wait, each with the first time at which one may go. */
export async function listWaitingSchedules(
  sql: Sql,
): Promise<{ readonly schedule: string; readonly at: Date }[]> {
  return sql.query(
    `select schedule, min(at) as at from nightshift.firings where state = 'waiting' group by schedule`,
  );
}

/** Takes back the runs of these firings: the queue of their job had no room. */
export async function skipFull(tx: Sql, schedule: string, dues: readonly Date[]): Promise<void> {
  await tx.query(
    `update nightshift.firings set state = 'skipped', why = 'full', run_id = null, fired_at = null
     where schedule = $1 and due = any($2::timestamptz[]) and state = 'fired'`,
    [schedule, dues.map((due) => due.toISOString())],
  );
}

/** Skips what waits for a schedule that is being deleted. */
export async function skipWaiting(tx: Sql, schedule: string): Promise<void> {
  await tx.query(
    `update nightshift.firings set state = 'skipped', why = 'deleted' where schedule = $1 and state = 'waiting'`,
    [schedule],
  );
}
