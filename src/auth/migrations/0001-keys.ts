/**
 * API keys by the hash of their secret, and how much of its minute each has used. Every change that matters to
 * whoever remembers a key is told by NOTIFY; its last use is not one.
 */
export const keys = {
  up: `
create schema if not exists nightshift;
create table nightshift.keys (
  id uuid primary key default gen_random_uuid(),
  prefix text not null unique,
  hash bytea not null,
  name text not null,
  role text not null,
  jobs text[],
  rate_per_minute int,
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  replaced_by uuid,
  last_used_at timestamptz
);

create function nightshift.tell_key() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_key', old.prefix);
  return null;
end $$;
create trigger tell_key_change after update on nightshift.keys for each row
  when ((old.hash, old.name, old.role, old.jobs, old.rate_per_minute, old.expires_at, old.revoked_at)
    is distinct from (new.hash, new.name, new.role, new.jobs, new.rate_per_minute, new.expires_at, new.revoked_at))
  execute function nightshift.tell_key();
create trigger tell_key_end after delete on nightshift.keys for each row execute function nightshift.tell_key();

-- After a crash it is empty, which gives every key a new minute.
create unlogged table nightshift.key_rates (
  key_id uuid primary key,
  began_at timestamptz not null,
  used bigint not null
) with (fillfactor = 50);

create table nightshift.first_key (
  single boolean primary key default true check (single),
  settled_at timestamptz
);
insert into nightshift.first_key default values;
`,
  down: `
drop table nightshift.first_key, nightshift.key_rates, nightshift.keys;
drop function nightshift.tell_key();
`,
};
