/** The memory of the control plane: its duties, what rescue knows, pauses of queues, and which config plants the schedules. */
export const control = {
  up: `
create table nightshift.duties (
  name text primary key,
  period_seconds int not null,
  due_at timestamptz not null default now(),
  holder text,
  began_at timestamptz,
  ended_at timestamptz,
  took_ms int,
  answer jsonb,
  error text,
  failed_at timestamptz,
  failures int not null default 0
);

create table nightshift.rescue (
  single boolean primary key default true check (single),
  passed_at timestamptz not null default now(),
  in_touch_since timestamptz not null default now(),
  queue_mark uuid
);
insert into nightshift.rescue default values;

create table nightshift.queues (
  job text primary key,
  paused_at timestamptz,
  paused_by text,
  reason text
);
create function nightshift.tell_pause() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_pause', '');
  return null;
end $$;
create trigger tell_pause after insert or update or delete on nightshift.queues
for each statement execute function nightshift.tell_pause();

alter table nightshift.workers
  add column beating_since timestamptz not null default now(),
  add column in_hand uuid[];

create table nightshift.schedule_sets (
  hash text primary key,
  first_seen_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  planted_at timestamptz
);

create function nightshift.attach_week(parent text, week text) returns void
language plpgsql as $$
declare monday timestamp := to_date(week, 'IYYY"w"IW');
begin
  execute format('alter table nightshift.%I attach partition nightshift.%I for values from (%L) to (%L)',
    parent, parent || '_' || week, nightshift.uuid_floor(monday at time zone 'UTC'),
    nightshift.uuid_floor((monday + interval '1 week') at time zone 'UTC'));
end $$;

create index firings_due on nightshift.firings (due);`,
  down: `
drop index nightshift.firings_due;
drop function nightshift.attach_week(text, text);
drop table nightshift.schedule_sets;
alter table nightshift.workers drop column beating_since, drop column in_hand;
drop table nightshift.queues, nightshift.rescue, nightshift.duties;
drop function nightshift.tell_pause();`,
};
