/**
 * Sessions of people who came with a key, by the hash of their token. They end with their key: its row is asked
 * with every request, and one that is deleted takes its sessions along.
 */
export const sessions = {
  up: `
create table nightshift.key_sessions (
  hash text primary key,
  key_id uuid not null references nightshift.keys (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz not null default now()
);
create index key_sessions_key on nightshift.key_sessions (key_id, created_at);

create function nightshift.tell_key_session() returns trigger language plpgsql as $$
begin
  perform pg_notify('nightshift_key_session', old.hash);
  return null;
end $$;
create trigger tell_key_session_end after delete on nightshift.key_sessions for each row
  execute function nightshift.tell_key_session();
`,
  down: `
drop table nightshift.key_sessions;
drop function nightshift.tell_key_session();
`,
};
