/** Runs and what belongs to them, in weekly partitions on the run id (uuidv7); workers, outbox, schedules, firings. */
export const runs = {
  up: `
create function nightshift.uuid_floor(at timestamptz) returns uuid
language sql immutable strict as $$
  select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

create table nightshift.runs (
  id uuid primary key,
  job text not null,
  version int not null,
  state text not null,
  payload jsonb not null,
  result jsonb,
  error jsonb,
  progress jsonb,
  attempt int not null default 0,
  failures int not null default 0,
  losses int not null default 0,
  priority int not null,
  schedule text,
  delivery uuid not null,
  worker uuid,
  created_at timestamptz not null default now(),
  run_at timestamptz not null,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) partition by range (id);
create index runs_job on nightshift.runs (job, id);
create index runs_unfinished on nightshift.runs (id) where finished_at is null;

create table nightshift.attempts (
  run_id uuid not null,
  attempt int not null,
  worker uuid,
  started_at timestamptz,
  ended_at timestamptz not null default now(),
  ending text not null,
  error jsonb,
  primary key (run_id, attempt)
) partition by range (run_id);

create table nightshift.steps (
  run_id uuid not null,
  name text not null,
  attempt int not null,
  result jsonb,
  took_ms int not null,
  recorded_at timestamptz not null default now(),
  primary key (run_id, name)
) partition by range (run_id);

create sequence nightshift.log_sequence;
create table nightshift.logs (
  run_id uuid not null,
  sequence bigint not null default nextval('nightshift.log_sequence'),
  attempt int not null,
  at timestamptz not null,
  level text not null,
  message text not null,
  data jsonb,
  primary key (run_id, sequence)
) partition by range (run_id);

create function nightshift.ensure_partitions(up_to timestamptz) returns int
language plpgsql as $$
declare
  week timestamp; parent text; part text; created int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('nightshift.ensure_partitions'));
  for week in select generate_series(
    date_trunc('week', now() at time zone 'UTC') - interval '1 week', up_to at time zone 'UTC', interval '1 week')
  loop
    foreach parent in array array['runs', 'attempts', 'steps', 'logs'] loop
      part := parent || '_' || to_char(week, 'IYYY"w"IW');
      continue when to_regclass('nightshift.' || part) is not null;
      -- Attached, not created as a partition: that would lock out every reader of the parent.
      execute format('create table nightshift.%I (like nightshift.%I including all)', part, parent);
      execute format('alter table nightshift.%I attach partition nightshift.%I for values from (%L) to (%L)',
        parent, part, nightshift.uuid_floor(week at time zone 'UTC'),
        nightshift.uuid_floor((week + interval '1 week') at time zone 'UTC'));
      if parent = 'runs' then
        execute format('alter table nightshift.%I set (fillfactor = 70)', part);
      end if;
      created := created + 1;
    end loop;
  end loop;
  return created;
end $$;
select nightshift.ensure_partitions(now() + interval '4 weeks');

create table nightshift.workers (
  id uuid primary key,
  host text not null,
  pid int not null,
  jobs text[] not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  stopped_at timestamptz,
  released_at timestamptz,
  sample jsonb
);

create table nightshift.outbox (
  run_id uuid primary key,
  delivery uuid not null,
  added_at timestamptz not null default now(),
  leased_until timestamptz not null default '-infinity'
);
create function nightshift.wake_relay() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_outbox', '');
  return null;
end $$;
create trigger wake_relay after insert on nightshift.outbox
for each statement execute function nightshift.wake_relay();

create table nightshift.schedules (
  name text primary key,
  job text not null,
  payload jsonb not null,
  cron text not null,
  timezone text not null,
  next_due timestamptz not null,
  updated_at timestamptz not null default now()
);

create table nightshift.firings (
  schedule text not null,
  due timestamptz not null,
  run_id uuid not null,
  fired_at timestamptz not null default now(),
  primary key (schedule, due)
);`,
  down: `
drop table nightshift.firings, nightshift.schedules, nightshift.outbox, nightshift.workers,
  nightshift.logs, nightshift.steps, nightshift.attempts, nightshift.runs;
drop sequence nightshift.log_sequence;
drop function nightshift.wake_relay(), nightshift.ensure_partitions(timestamptz), nightshift.uuid_floor(timestamptz);`,
};
