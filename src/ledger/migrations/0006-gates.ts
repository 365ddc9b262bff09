/**
 * The gates of jobs with limits: where their runs wait, which keys take turns, what started lately. What holds is
 * what the row of the gate says, so that all processes go by the same numbers.
 */
export const gates = {
  up: `
alter table nightshift.runs
  add column key text,
  add column gated boolean not null default false;

alter table nightshift.workers add column concurrency int not null default 10;

create table nightshift.gates (
  job text primary key,
  version int not null,
  total int,
  per_key int,
  rate_max int,
  rate_per interval,
  rate_per_key boolean not null default false,
  ageing interval,
  queued_most int,
  queued_then text,
  dropped jsonb,
  planted_at timestamptz not null default now()
);

-- asleep: its time is ahead; waiting: it may go when it has its turn; released: it holds a slot until it has ended.
create table nightshift.gated (
  run_id uuid primary key,
  job text not null,
  key text not null,
  phase text not null check (phase in ('asleep', 'waiting', 'released')),
  rank timestamptz not null,
  run_at timestamptz not null,
  released_at timestamptz
);
create index gated_waiting on nightshift.gated (job, key, rank, run_id) where phase = 'waiting';
create index gated_asleep on nightshift.gated (job, run_at) where phase = 'asleep';
create index gated_released on nightshift.gated (job, key) where phase = 'released';
create index gated_held on nightshift.gated (job, run_id) where phase <> 'released';

-- Keys with something waiting; those that may have room stand in line by turn.
create sequence nightshift.turns;
create table nightshift.lanes (
  job text not null,
  key text not null,
  turn bigint not null,
  ready boolean not null,
  wake_at timestamptz,
  primary key (job, key)
);
create index lanes_ready on nightshift.lanes (job, turn) where ready;
create index lanes_resting on nightshift.lanes (job, wake_at) where wake_at is not null;

create table nightshift.starts (
  job text not null,
  key text not null,
  at timestamptz not null
);
create index starts_of_key on nightshift.starts (job, key, at);
create index starts_of_job on nightshift.starts (job, at);

-- What a gate has to look at: keys that got a run, or a slot back. Written by anybody, so that nobody waits for a lock.
create table nightshift.arrivals (
  job text not null,
  key text not null
);
create index arrivals_job on nightshift.arrivals (job);
create function nightshift.wake_gates() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_gate', jobs.job) from (select distinct job from arrived) as jobs;
  return null;
end $$;
create trigger wake_gates after insert on nightshift.arrivals
referencing new table as arrived for each statement execute function nightshift.wake_gates();

-- How many of so many new runs the queue of the job has room for; makes the room where its policy is to drop.
create function nightshift.make_room(for_job text, wanted int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  gate nightshift.gates;
  held bigint;
begin
  select * into gate from nightshift.gates g where g.job = for_job;
  if gate.queued_most is null then return wanted; end if;
  if gate.queued_then = 'drop oldest' and wanted > gate.queued_most then return gate.queued_most; end if;
  perform pg_advisory_xact_lock(hashtext('nightshift.make_room'), hashtext(for_job));
  held := (select count(*) from nightshift.gated g where g.job = for_job and g.phase <> 'released')
    + (select count(*) from nightshift.gated g join nightshift.runs r on r.id = g.run_id
       where g.job = for_job and g.phase = 'released' and r.state = 'queued')
    + (select count(*) from nightshift.outbox o where o.unchecked_job = for_job);
  if held + wanted <= gate.queued_most then return wanted; end if;
  if gate.queued_then = 'reject' then return greatest(0, gate.queued_most - held); end if;
  with candidates as (
    select g.run_id from nightshift.gated g where g.job = for_job and g.phase <> 'released'
    union all
    select g.run_id from nightshift.gated g join nightshift.runs r on r.id = g.run_id
    where g.job = for_job and g.phase = 'released' and r.state = 'queued'
    union all
    select o.run_id from nightshift.outbox o where o.unchecked_job = for_job
  ), oldest as materialized (
    select r.id from nightshift.runs r
    where r.id = any(array(select c.run_id from candidates c order by c.run_id limit held + wanted - gate.queued_most))
      and r.state in ('queued', 'blocked')
    order by r.id for update of r
  ), dropped as (
    update nightshift.runs r set state = 'cancelled', finished_at = now(), error = gate.dropped
    from oldest where r.id = oldest.id returning r.id, r.job, r.key, r.gated
  ), gone as (
    delete from nightshift.gated g using dropped where g.run_id = dropped.id and g.phase <> 'released'
  )
  insert into nightshift.arrivals (job, key) select distinct d.job, coalesce(d.key, '') from dropped d where d.gated;
  return wanted;
end $$;
revoke all on function nightshift.make_room(text, int) from public;

create or replace function nightshift.enqueue(job text, payload jsonb default '{}', options jsonb default '{}') returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
  run constant uuid := nightshift.new_id();
  first_delivery constant uuid := nightshift.new_id();
  body constant jsonb := coalesce(payload, 'null');
  given constant jsonb := coalesce(options, '{}');
  most constant bigint := (select value from nightshift.settings where name = 'payload_limit');
  stranger text;
  run_at timestamptz;
begin
  if job is null or job !~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s is not the name of a job', coalesce(quote_ident(job), 'null')),
      hint = 'A name is lower-case words joined by "-", as in mail-triage. List them with: nightshift jobs';
  end if;
  if jsonb_typeof(given) <> 'object' then
    perform nightshift.refuse_option('list', given, 'an object, such as {"delay": "15m"}');
  end if;
  select key into stranger from jsonb_object_keys(given) as key
    where key not in ('delay', 'runAt', 'priority', 'expires', 'key') limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: there is no option "%s"', stranger),
      hint = 'The options are delay, runAt, priority, expires and key.';
  end if;
  if given ?& array['delay', 'runAt'] then
    perform nightshift.refuse_option('delay', given -> 'delay', 'the place of runAt; give one of the two');
  end if;
  if given ? 'priority' and (jsonb_typeof(given -> 'priority') <> 'number'
    or given ->> 'priority' !~ '^[0-9]{1,7}$' or (given ->> 'priority')::int > 2097151) then
    perform nightshift.refuse_option('priority', given -> 'priority', 'a whole number from 0 (first) to 2097151 (last)');
  end if;
  if given ? 'key' and (jsonb_typeof(given -> 'key') <> 'string' or length(given ->> 'key') not between 1 and 255) then
    perform nightshift.refuse_option('key', given -> 'key', 'a text of 1 to 255 characters');
  end if;
  if octet_length(body::text) > most then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the payload of %s has %s bytes, and %s are allowed', job, octet_length(body::text), most),
      hint = 'Store it (in a table, a file, an object store) and pass a reference, or raise NIGHTSHIFT_PAYLOAD_LIMIT.';
  end if;
  run_at := coalesce(nightshift.read_moment('runAt', given -> 'runAt'),
    clock_timestamp() + coalesce(nightshift.read_span('delay', given -> 'delay'), interval '0'));
  -- Where nothing of Nightshift has run for weeks, nobody has made this week's partition.
  if to_regclass('nightshift.runs_' || to_char(clock_timestamp() at time zone 'UTC', 'IYYY"w"IW')) is null then
    perform nightshift.ensure_partitions(clock_timestamp());
  end if;
  if nightshift.make_room(job, 1) < 1 then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the queue of %s is full', job),
      hint = 'So many of its runs wait as its maxQueued allows; try again later.';
  end if;
  insert into nightshift.runs (id, delivery, job, version, state, payload, priority, run_at, expires_at, key, unchecked)
  values (run, first_delivery, job, 0, 'queued', body, coalesce((given ->> 'priority')::int, 0), run_at,
    run_at + nightshift.read_span('expires', given -> 'expires'), given ->> 'key', true);
  insert into nightshift.outbox (run_id, delivery, unchecked_job) values (run, first_delivery, job);
  return run;
end $$;
`,
  down: `
create or replace function nightshift.enqueue(job text, payload jsonb default '{}', options jsonb default '{}') returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
  run constant uuid := nightshift.new_id();
  first_delivery constant uuid := nightshift.new_id();
  body constant jsonb := coalesce(payload, 'null');
  given constant jsonb := coalesce(options, '{}');
  most constant bigint := (select value from nightshift.settings where name = 'payload_limit');
  stranger text;
  run_at timestamptz;
begin
  if job is null or job !~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: %s is not the name of a job', coalesce(quote_ident(job), 'null')),
      hint = 'A name is lower-case words joined by "-", as in mail-triage. List them with: nightshift jobs';
  end if;
  if jsonb_typeof(given) <> 'object' then
    perform nightshift.refuse_option('list', given, 'an object, such as {"delay": "15m"}');
  end if;
  select key into stranger from jsonb_object_keys(given) as key
    where key not in ('delay', 'runAt', 'priority', 'expires') limit 1;
  if found then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.enqueue: there is no option "%s"', stranger),
      hint = 'The options are delay, runAt, priority and expires.';
  end if;
  if given ?& array['delay', 'runAt'] then
    perform nightshift.refuse_option('delay', given -> 'delay', 'the place of runAt; give one of the two');
  end if;
  if given ? 'priority' and (jsonb_typeof(given -> 'priority') <> 'number'
    or given ->> 'priority' !~ '^[0-9]{1,7}$' or (given ->> 'priority')::int > 2097151) then
    perform nightshift.refuse_option('priority', given -> 'priority', 'a whole number from 0 (first) to 2097151 (last)');
  end if;
  if octet_length(body::text) > most then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.enqueue: the payload of %s has %s bytes, and %s are allowed', job, octet_length(body::text), most),
      hint = 'Store it (in a table, a file, an object store) and pass a reference, or raise NIGHTSHIFT_PAYLOAD_LIMIT.';
  end if;
  run_at := coalesce(nightshift.read_moment('runAt', given -> 'runAt'),
    clock_timestamp() + coalesce(nightshift.read_span('delay', given -> 'delay'), interval '0'));
  -- Where nothing of Nightshift has run for weeks, nobody has made this week's partition.
  if to_regclass('nightshift.runs_' || to_char(clock_timestamp() at time zone 'UTC', 'IYYY"w"IW')) is null then
    perform nightshift.ensure_partitions(clock_timestamp());
  end if;
  insert into nightshift.runs (id, delivery, job, version, state, payload, priority, run_at, expires_at, unchecked)
  values (run, first_delivery, job, 0, 'queued', body, coalesce((given ->> 'priority')::int, 0), run_at,
    run_at + nightshift.read_span('expires', given -> 'expires'), true);
  insert into nightshift.outbox (run_id, delivery, unchecked_job) values (run, first_delivery, job);
  return run;
end $$;
drop function nightshift.make_room(text, int);
drop table nightshift.arrivals, nightshift.starts, nightshift.lanes, nightshift.gated, nightshift.gates;
drop function nightshift.wake_gates();
drop sequence nightshift.turns;
alter table nightshift.workers drop column concurrency;
update nightshift.runs set state = 'queued', queued_at = now() where gated and state = 'blocked' and finished_at is null;
alter table nightshift.runs drop column key, drop column gated;
`,
};
