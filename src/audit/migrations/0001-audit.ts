/**
 * The audit log in a schema of its own, so that another role than the application's can own it. Entries are written
 * with the changes they tell of; seals, written after, chain them. Both are only ever added to, but for `purge`.
 */
export const audit = {
  up: `
create schema nightshift_audit;

create table nightshift_audit.entries (
  id bigint generated always as identity primary key,
  at timestamptz(3) not null default clock_timestamp(),
  actor jsonb not null,
  origin jsonb not null,
  action text not null,
  outcome text not null check (outcome in ('done', 'refused', 'revealed')),
  resource text not null,
  ids text[] not null,
  before jsonb,
  after jsonb,
  details jsonb
);
create index entries_at on nightshift_audit.entries (at);
create index entries_actor on nightshift_audit.entries ((actor ->> 'id'), id);
create index entries_actor_name on nightshift_audit.entries ((actor ->> 'name'), id);
create index entries_action on nightshift_audit.entries (action, id);
create index entries_ids on nightshift_audit.entries using gin (ids);

create table nightshift_audit.seals (
  position bigint primary key,
  entry bigint not null unique,
  hash bytea not null
);

create table nightshift_audit.checkpoints (
  position bigint primary key,
  at timestamptz(3) not null default clock_timestamp(),
  hash bytea not null,
  public_key text,
  signature text
);

-- What is to be sealed: no evidence, a list of work.
create table nightshift_audit.unsealed (entry bigint primary key);

create function nightshift_audit.note_unsealed() returns trigger language plpgsql as $$
begin
  insert into nightshift_audit.unsealed (entry) select id from fresh;
  return null;
end $$;
create trigger note_unsealed after insert on nightshift_audit.entries
  referencing new table as fresh for each statement execute function nightshift_audit.note_unsealed();

create function nightshift_audit.refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('nightshift_audit.purging', true) is distinct from 'on' then
    raise exception 'the audit log is only ever added to' using errcode = 'insufficient_privilege';
  end if;
  return null;
end $$;
create trigger refuse_change before update or delete or truncate on nightshift_audit.entries
  for each statement execute function nightshift_audit.refuse_change();
create trigger refuse_change before update or delete or truncate on nightshift_audit.seals
  for each statement execute function nightshift_audit.refuse_change();
create trigger refuse_change before update or delete or truncate on nightshift_audit.checkpoints
  for each statement execute function nightshift_audit.refuse_change();

-- The only way that anything goes: what is old, up to a checkpoint, which stays as the beginning of the chain.
create function nightshift_audit.purge(upto bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare gone bigint;
begin
  if not exists (select from nightshift_audit.checkpoints c where c.position = upto) then
    raise exception 'the audit log has no checkpoint at position %', upto;
  end if;
  if exists (select from nightshift_audit.seals s join nightshift_audit.entries e on e.id = s.entry
    where s.position <= upto and e.at > now() - interval '30 days') then
    raise exception 'entries of the last 30 days stay' using errcode = 'insufficient_privilege';
  end if;
  perform set_config('nightshift_audit.purging', 'on', true);
  delete from nightshift_audit.entries e using nightshift_audit.seals s where s.entry = e.id and s.position <= upto;
  get diagnostics gone = row_count;
  delete from nightshift_audit.seals s where s.position <= upto;
  delete from nightshift_audit.checkpoints c where c.position < upto;
  perform set_config('nightshift_audit.purging', 'off', true);
  return gone;
end $$;
`,
  down: `drop schema nightshift_audit cascade;`,
};
