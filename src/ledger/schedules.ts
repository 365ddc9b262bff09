import type { Sql } from '../core/sql.ts';

/** A schedule as the database knows it, with its next firing. */
export interface ScheduleRow {
  readonly name: string;
  readonly job: string;
  readonly payload: unknown;
  readonly cron: string;
  readonly timezone: string;
  readonly nextDue: Date;
}

const columns = `name, job, payload, cron, timezone, next_due as "nextDue"`;

/** Every schedule; `late` says that its firing is overdue by more than a takeover of the control plane needs. */
export async function listSchedules(
  sql: Sql,
): Promise<(ScheduleRow & { readonly late: boolean })[]> {
  return sql.query(
    `select ${columns}, next_due < now() - interval '15 seconds' as late from nightshift.schedules order by name`,
  );
}

/** Brings the table to what config says: new and changed schedules get their next firing, gone ones go. */
export async function seedSchedules(sql: Sql, schedules: readonly ScheduleRow[]): Promise<void> {
  await sql.query(`delete from nightshift.schedules where name <> all($1::text[])`, [
    schedules.map(({ name }) => name),
  ]);
  await sql.query(
    `insert into nightshift.schedules as s (name, job, payload, cron, timezone, next_due)
     select name, job, payload, cron, timezone, "nextDue" from json_to_recordset($1::json)
       as n(name text, job text, payload jsonb, cron text, timezone text, "nextDue" timestamptz)
     on conflict (name) do update set job = excluded.job, payload = excluded.payload, cron = excluded.cron,
       timezone = excluded.timezone, updated_at = now(),
       next_due = case when s.cron = excluded.cron and s.timezone = excluded.timezone
         then s.next_due else excluded.next_due end`,
    [JSON.stringify(schedules)],
  );
}

/**
 * Says that a process with the set of schedules `hash` is alive, and answers whether that set is to be
 * planted: it is the one first seen last of those alive, and not the one that stands. A set is alive while
 * a process of it was heard of in the last minute. Processes ask one after the other, to the end of `tx`.
 */
export async function claimPlanting(tx: Sql, hash: string): Promise<boolean> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('nightshift.schedule_sets'))`);
  await tx.query(
    `insert into nightshift.schedule_sets (hash) values ($1) on conflict (hash) do update set seen_at = now()`,
    [hash],
  );
  await tx.query(`delete from nightshift.schedule_sets where first_seen_at < now() - interval '30 days'
       and seen_at < now() - interval '30 days'`);
  const planted = await tx.query(
    `update nightshift.schedule_sets set planted_at = clock_timestamp()
     where hash = $1 and hash = (select hash from nightshift.schedule_sets
         where seen_at > now() - interval '1 minute' order by first_seen_at desc, hash limit 1)
       and hash is distinct from (select hash from nightshift.schedule_sets
         where planted_at is not null order by planted_at desc limit 1)
     returning hash`,
    [hash],
  );
  return planted.length > 0;
}

/** Says that a process of this set ends; others of it say within seconds that the set lives on. */
export async function leavePlanting(sql: Sql, hash: string): Promise<void> {
  await sql.query(`update nightshift.schedule_sets set seen_at = '-infinity' where hash = $1`, [
    hash,
  ]);
}

/** The time by the clock that every schedule goes by. */
export async function readTime(sql: Sql): Promise<Date> {
  const rows = await sql.query<{ now: Date }>('select now()');
  return rows[0]!.now;
}

/** The schedule, its row locked, and the time, when it is due: each firing is inserted by one transaction alone. */
export async function lockDue(
  tx: Sql,
  name: string,
): Promise<(ScheduleRow & { readonly now: Date }) | undefined> {
  const rows = await tx.query<ScheduleRow & { readonly now: Date }>(
    `select ${columns}, now() from nightshift.schedules where name = $1 and next_due <= now() for update`,
    [name],
  );
  return rows[0];
}

/** Writes one firing with its run and moves the schedule on. */
export async function recordFiring(
  tx: Sql,
  { name, nextDue }: ScheduleRow,
  { run, next }: { readonly run: string; readonly next: Date },
): Promise<void> {
  await tx.query(`insert into nightshift.firings (schedule, due, run_id) values ($1, $2, $3)`, [
    name,
    nextDue,
    run,
  ]);
  await tx.query(`update nightshift.schedules set next_due = $2 where name = $1`, [name, next]);
}
