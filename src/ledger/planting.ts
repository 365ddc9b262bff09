import type { Sql } from '../core/sql.ts';
import type { ScheduleDefinition } from './schedules.ts';

/** What config says of one schedule, with the first moment that is to be decided about. */
export interface PlantedSchedule extends ScheduleDefinition {
  readonly name: string;
  readonly nextDue: Date | undefined;
}

/**
 * Brings the table to what config says: new and changed schedules are written, gone ones go. What a person created,
 * changed or deleted stays as it is, and only remembers what config says; a pause stays, too.
 */
export async function seedSchedules(tx: Sql, schedules: readonly PlantedSchedule[]): Promise<void> {
  const names = schedules.map(({ name }) => name);
  await tx.query(
    `delete from nightshift.schedules
     where name <> all($1::text[]) and (edited_at is null or deleted_at is not null)`,
    [names],
  );
  await tx.query(
    `update nightshift.firings f set state = 'skipped', why = 'deleted' where state = 'waiting'
       and not exists (select from nightshift.schedules s where s.name = f.schedule and s.deleted_at is null)`,
  );
  await tx.query(`update nightshift.schedules set planted = null where name <> all($1::text[])`, [
    names,
  ]);
  await tx.query(
    `insert into nightshift.schedules as s (name, job, payload, version, cron, timezone, rules, next_due, planted)
     select name, job, coalesce(payload, 'null'), version, rules->>'cron', rules->>'timezone',
       rules - 'cron' - 'timezone', "nextDue",
       jsonb_build_object('job', job, 'payload', coalesce(payload, 'null'), 'version', version, 'rules', rules)
     from ${given}
     on conflict (name) do update set planted = excluded.planted`,
    [JSON.stringify(schedules)],
  );
  await tx.query(
    `update nightshift.schedules s set job = n.job, payload = coalesce(n.payload, 'null'), version = n.version,
       cron = n.rules->>'cron', timezone = n.rules->>'timezone', rules = n.rules - 'cron' - 'timezone',
       next_due = n."nextDue", updated_at = now()
     from ${given}
     where n.name = s.name and s.edited_at is null`,
    [JSON.stringify(schedules)],
  );
}

const given = `jsonb_to_recordset($1::jsonb)
  as n(name text, job text, payload jsonb, version int, rules jsonb, "nextDue" timestamptz)`;
