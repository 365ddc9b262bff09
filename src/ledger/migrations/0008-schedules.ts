/**
 * Schedules that people may change, and what became of each firing. `cron` and `timezone` stay columns of their
 * own, so that a control process of the version before goes on beside newer ones. Due moments of runs are for handlers.
 */
export const schedules = {
  up: `
alter table nightshift.runs add column due timestamptz;

alter table nightshift.schedules
  alter column cron drop not null,
  alter column next_due drop not null,
  add column rules jsonb not null default '{}',
  add column planted jsonb,
  add column edited_at timestamptz,
  add column edited_by text,
  add column deleted_at timestamptz,
  add column paused_at timestamptz,
  add column paused_by text,
  add column pause_reason text,
  add column missed_at timestamptz;

alter table nightshift.firings
  alter column run_id drop not null,
  alter column fired_at drop not null,
  add column at timestamptz,
  add column state text not null default 'fired',
  add column why text,
  add column cause text not null default 'schedule',
  add column missed boolean not null default false;
create index firings_waiting on nightshift.firings (schedule, at, due) where state = 'waiting';
create index firings_fired on nightshift.firings (schedule, fired_at) where run_id is not null;
create index firings_missed on nightshift.firings (due) where missed;`,
  down: `
drop index nightshift.firings_waiting, nightshift.firings_fired, nightshift.firings_missed;
delete from nightshift.firings where run_id is null;
alter table nightshift.firings
  drop column at, drop column state, drop column why, drop column cause, drop column missed,
  alter column run_id set not null,
  alter column fired_at set not null;
delete from nightshift.schedules where cron is null or next_due is null or deleted_at is not null;
alter table nightshift.schedules
  drop column rules, drop column planted, drop column edited_at, drop column edited_by, drop column deleted_at,
  drop column paused_at, drop column paused_by, drop column pause_reason, drop column missed_at,
  alter column cron set not null,
  alter column next_due set not null;
alter table nightshift.runs drop column due;`,
};
