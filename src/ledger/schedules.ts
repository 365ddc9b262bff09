import { Failure } from '../core/errors.ts';
import type { ScheduleRules } from '../core/schedule-rules.ts';
import type { Sql } from '../core/sql.ts';
import { suggest } from '../core/suggest.ts';

/** Which job a schedule runs, with which payload, and when. */
export interface ScheduleDefinition {
  readonly job: string;
  readonly payload: unknown;
  /** The version of the job that the payload was written for; 0: unknown, taken for today's. */
  readonly version: number;
  readonly rules: ScheduleRules;
}

/** A schedule as the database knows it. */
export interface ScheduleRow extends ScheduleDefinition {
  readonly name: string;
  /** The first moment that nothing has been decided about; null when there is none any more. */
  readonly nextDue: Date | null;
  /** What config says; null when it says nothing of it. */
  readonly planted: ScheduleDefinition | null;
  /** When a person created or changed it; null while it is as config says. */
  readonly editedAt: Date | null;
  readonly editedBy: string | null;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  /** Since when it is known that a firing is later than its grace. */
  readonly missedAt: Date | null;
}

/** A row, and the time at which it was read. */
export interface TimedSchedule extends ScheduleRow {
  readonly now: Date;
}

const columns = `name, job, payload, version, jsonb_strip_nulls(rules || jsonb_build_object('cron', cron, 'timezone', timezone)) as rules,
  next_due as "nextDue", planted, edited_at as "editedAt", edited_by as "editedBy", paused_at as "pausedAt",
  paused_by as "pausedBy", pause_reason as "pauseReason", missed_at as "missedAt", now()`;

/** Every schedule that was not deleted, by name. */
export async function listSchedules(sql: Sql): Promise<TimedSchedule[]> {
  return sql.query(
    `select ${columns} from nightshift.schedules where deleted_at is null order by name`,
  );
}

/** The same with their rows locked to the end of `tx`. */
export async function lockSchedules(tx: Sql): Promise<TimedSchedule[]> {
  return tx.query(
    `select ${columns} from nightshift.schedules where deleted_at is null order by name for update`,
  );
}

/** Those that are not paused and have a moment that has come, about which nothing is decided yet. */
export async function listOverdueSchedules(sql: Sql): Promise<TimedSchedule[]> {
  return sql.query(
    `select ${columns} from nightshift.schedules
     where deleted_at is null and paused_at is null and next_due < now() order by name`,
  );
}

/** The schedule; throws `schedule.missing`. */
export async function findSchedule(sql: Sql, name: string): Promise<TimedSchedule> {
  const rows = await sql.query<TimedSchedule>(
    `select ${columns} from nightshift.schedules where name = $1 and deleted_at is null`,
    [name],
  );
  return rows[0] ?? (await missing(sql, name));
}

/** The schedule with its row locked to the end of `tx`, or undefined: whatever is decided about it is decided once. */
export async function lockSchedule(tx: Sql, name: string): Promise<TimedSchedule | undefined> {
  const rows = await tx.query<TimedSchedule>(
    `select ${columns} from nightshift.schedules where name = $1 and deleted_at is null for update`,
    [name],
  );
  return rows[0];
}

/** The same for a person's action; throws `schedule.missing`. */
export async function requireSchedule(tx: Sql, name: string): Promise<TimedSchedule> {
  return (await lockSchedule(tx, name)) ?? missing(tx, name);
}

async function missing(sql: Sql, schedule: string): Promise<never> {
  const names = (await listSchedules(sql)).map(({ name }) => name);
  throw new Failure('schedule.missing', { schedule, suggestion: suggest(schedule, names) || '.' });
}

/** The time by the clock that every schedule goes by. */
export async function readTime(sql: Sql): Promise<Date> {
  const rows = await sql.query<{ now: Date }>('select now()');
  return rows[0]!.now;
}

/** Says how far decisions about the schedule have come, and that none is missed any more. */
export async function moveOn(tx: Sql, name: string, nextDue: Date | undefined): Promise<void> {
  await tx.query(
    `update nightshift.schedules set next_due = $2, missed_at = null where name = $1`,
    [name, nextDue ?? null],
  );
}

/** Remembers of these schedules that a firing is missed; answers those of which that was not known, so that it is told once. */
export async function markMissed(sql: Sql, names: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ name: string }>(
    `update nightshift.schedules set missed_at = now() where name = any($1::text[]) and missed_at is null
     returning name`,
    [names],
  );
  return rows.map(({ name }) => name);
}

const channel = 'nightshift_schedules';

/** Tells the control planes, when `tx` commits, that the timer of this schedule has to be set anew. */
export async function tellSchedule(tx: Sql, name: string): Promise<void> {
  await tx.query(`select pg_notify('${channel}', $1)`, [name]);
}

/** What `tellSchedule` speaks on. */
export const scheduleChannel = channel;

/** Who did something, as far as it is known. */
export interface Doing {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** Writes a person's definition, which stands until it is reset. */
export async function writeEdit(
  tx: Sql,
  {
    name,
    job,
    payload,
    version,
    rules,
    nextDue,
  }: ScheduleDefinition & { readonly name: string; readonly nextDue: Date | undefined },
  { by }: Doing,
): Promise<void> {
  const { cron, timezone, ...others } = rules;
  await tx.query(
    `insert into nightshift.schedules as s (name, job, payload, cron, timezone, rules, next_due, edited_at, edited_by, version)
     values ($1, $2, $3::jsonb, $4, $5, $6::jsonb, $7, now(), $8, $9)
     on conflict (name) do update set job = $2, payload = $3::jsonb, cron = $4, timezone = $5, rules = $6::jsonb,
       next_due = $7, edited_at = now(), edited_by = $8, version = $9, deleted_at = null, missed_at = null, updated_at = now(),
       paused_at = case when s.deleted_at is null then s.paused_at end`,
    [
      name,
      job,
      JSON.stringify(payload),
      cron ?? null,
      timezone,
      JSON.stringify(others),
      nextDue ?? null,
      by ?? null,
      version,
    ],
  );
}

/** Goes back to what config says; pauses and deletion end, too. */
export async function writeReset(
  tx: Sql,
  name: string,
  {
    planted,
    nextDue,
  }: { readonly planted: ScheduleDefinition; readonly nextDue: Date | undefined },
): Promise<void> {
  await writeEdit(tx, { name, ...planted, nextDue }, {});
  await tx.query(
    `update nightshift.schedules set edited_at = null, edited_by = null,
       paused_at = null, paused_by = null, pause_reason = null where name = $1`,
    [name],
  );
}

/** The definition of config, also of a schedule that was deleted; undefined for one that config does not know. */
export async function findPlanted(tx: Sql, name: string): Promise<ScheduleDefinition | undefined> {
  const rows = await tx.query<{ planted: ScheduleDefinition | null }>(
    `select planted from nightshift.schedules where name = $1 for update`,
    [name],
  );
  if (rows.length === 0) await missing(tx, name);
  return rows[0]?.planted ?? undefined;
}

/** Takes the schedule away. Of one that config knows a mark stays, so that the next deploy does not bring it back. */
export async function deleteSchedule(tx: Sql, name: string, { by }: Doing): Promise<void> {
  await tx.query(`delete from nightshift.schedules where name = $1 and planted is null`, [name]);
  await tx.query(
    `update nightshift.schedules set deleted_at = now(), edited_at = now(), edited_by = $2, next_due = null,
       missed_at = null where name = $1`,
    [name, by ?? null],
  );
}

/** Writes a pause; one that is there already stays, with its reason. */
export async function pauseSchedule(tx: Sql, name: string, { by, reason }: Doing): Promise<void> {
  await tx.query(
    `update nightshift.schedules set paused_at = now(), paused_by = $2, pause_reason = $3, missed_at = null
     where name = $1 and paused_at is null`,
    [name, by ?? null, reason ?? null],
  );
}

/** Ends a pause, if there is one. */
export async function resumeSchedule(tx: Sql, name: string): Promise<void> {
  await tx.query(
    `update nightshift.schedules set paused_at = null, paused_by = null, pause_reason = null where name = $1`,
    [name],
  );
}
