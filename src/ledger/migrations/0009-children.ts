/**
 * Runs that have a parent, what runs wait for, and events. A wake is a reason to look at a run that may be waiting: it
 * commits with its cause, whatever statement that is, so that no end of a child and no cancel of a parent is missed.
 */
export const children = {
  up: `
alter table nightshift.runs
  add column parent uuid,
  add column parent_step text,
  add column detached boolean not null default false;
create index runs_children on nightshift.runs (parent, id) where parent is not null;
create index runs_children_unfinished on nightshift.runs (parent, parent_step) where parent is not null and finished_at is null;

create table nightshift.waits (
  run_id uuid not null,
  name text not null,
  kind text not null check (kind in ('sleep', 'children', 'event')),
  policy text,
  size int,
  event text,
  key text,
  began_at timestamptz not null default now(),
  until timestamptz,
  -- Set while the run is blocked: when the control plane has to look, whatever else happens.
  wake_at timestamptz,
  answer jsonb,
  primary key (run_id, name)
);
create index waits_waking on nightshift.waits (wake_at) where wake_at is not null;
create index waits_event on nightshift.waits (event, key) where event is not null and answer is null;

create table nightshift.wakes (
  id bigint generated always as identity primary key,
  run_id uuid not null,
  step text,
  why text not null
);
create table nightshift.events (
  id bigint generated always as identity primary key,
  name text not null,
  key text,
  payload jsonb not null,
  sent_at timestamptz not null default now(),
  kept_until timestamptz not null,
  checked boolean not null default false
);
create index events_name on nightshift.events (name, id);
create index events_key on nightshift.events (name, key, id) where key is not null;
create index events_unchecked on nightshift.events (id) where not checked;
create index events_old on nightshift.events (kept_until);

create function nightshift.tell_wake() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_wake', tg_table_name);
  return null;
end $$;
create trigger tell_wake after insert on nightshift.wakes
for each statement execute function nightshift.tell_wake();
create trigger tell_wake after insert on nightshift.events
for each statement execute function nightshift.tell_wake();

create function nightshift.tell_kin() returns trigger language plpgsql as $$
begin
  if new.parent_step is not null then
    insert into nightshift.wakes (run_id, step, why) values (new.parent, new.parent_step, new.state);
  end if;
  if new.state = 'cancelled' and exists (
    select from nightshift.runs c where c.parent = new.id and c.finished_at is null and not c.detached) then
    insert into nightshift.wakes (run_id, why) values (new.id, 'cancel children');
  end if;
  return null;
end $$;
-- A run that is nobody's child and was not cancelled costs no more than the look at this condition.
create trigger tell_kin after update of finished_at on nightshift.runs for each row
when (new.finished_at is not null and old.finished_at is null and (new.parent_step is not null or new.state = 'cancelled'))
execute function nightshift.tell_kin();

create function nightshift.answer_waits(event text, payload jsonb, event_key text) returns int
language sql volatile as $$
  with waiting as materialized (
    select w.run_id, w.name from nightshift.waits w
    where w.event = $1 and w.answer is null and (w.key is null or w.key = $3)
      and (w.until is null or w.until > now())
      and exists (select from nightshift.runs r where r.id = w.run_id and r.finished_at is null)
    order by w.run_id, w.name for update of w
  ), answered as (
    update nightshift.waits w set answer = jsonb_build_object('payload', $2) from waiting
    where w.run_id = waiting.run_id and w.name = waiting.name returning w.run_id
  ), woken as (select distinct run_id from answered),
  told as (insert into nightshift.wakes (run_id, why) select run_id, 'look' from woken)
  select count(*)::int from woken
$$;

create function nightshift.send_event(name text, payload jsonb default '{}', key text default null) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
  body constant jsonb := coalesce(payload, 'null');
  most constant bigint := (select value from nightshift.settings s where s.name = 'payload_limit');
  keep_ms constant bigint := coalesce((select value from nightshift.settings s where s.name = 'event_keep'), 3600000);
  woken int;
begin
  if name is null or name !~ '^[[:alnum:]][[:alnum:]_.:/-]{0,199}$' then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.send_event: %s is not the name of an event', coalesce(quote_literal(name), 'null')),
      hint = 'A name is up to 200 letters, digits and _ . : / -, as in invoice-paid.';
  end if;
  if length(key) > 500 then
    raise exception using errcode = 'invalid_parameter_value',
      message = format('nightshift.send_event: the key of %s has %s characters', name, length(key)),
      hint = 'It may have 500.';
  end if;
  if octet_length(body::text) > most then
    raise exception using errcode = 'program_limit_exceeded',
      message = format('nightshift.send_event: the payload of %s has %s bytes, and %s are allowed', name, octet_length(body::text), most),
      hint = 'Store it (in a table, a file, an object store) and send a reference, or raise NIGHTSHIFT_PAYLOAD_LIMIT.';
  end if;
  woken := nightshift.answer_waits(name, body, key);
  if woken = 0 and keep_ms > 0 then
    insert into nightshift.events (name, key, payload, kept_until)
    values (name, key, body, clock_timestamp() + keep_ms * interval '1 millisecond');
  end if;
  return woken;
end $$;
-- It acts with its owner's rights, so that an application needs none on the tables; who may call it is granted.
revoke all on function nightshift.send_event(text, jsonb, text) from public;`,
  down: `
-- Nobody would wake them: they go again, and rescue finds that no queue knows them.
update nightshift.runs r set state = 'queued', run_at = now(), queued_at = now()
where r.finished_at is null and r.state = 'blocked' and exists (select from nightshift.waits w where w.run_id = r.id);
drop function nightshift.send_event(text, jsonb, text), nightshift.answer_waits(text, jsonb, text);
delete from nightshift.settings where name = 'event_keep';
drop trigger tell_kin on nightshift.runs;
drop table nightshift.events, nightshift.wakes, nightshift.waits;
drop function nightshift.tell_kin(), nightshift.tell_wake();
drop index nightshift.runs_children, nightshift.runs_children_unfinished;
alter table nightshift.runs drop column parent, drop column parent_step, drop column detached;`,
};
