import { unique } from './0007-unique.ts';
import { edit, functionOf } from './earlier.ts';

const takeKeys = functionOf(unique, 'nightshift.take_keys');
const offer = functionOf(unique, 'nightshift.offer');

/**
 * Who enqueued by SQL, and whose payload a debounced or throttled run has: in the run's row, and so in the audit log.
 */
export const allAuthors = {
  up: `
create function nightshift.database_author() returns jsonb language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object(
    'actor', jsonb_build_object('kind', 'database', 'id', session_user, 'name', session_user, 'role', 'none'),
    'origin', jsonb_strip_nulls(jsonb_build_object('via', 'sql', 'address', host(inet_client_addr()),
      'agent', nullif(current_setting('application_name'), ''))))
$$;

-- Of the text as Postgres gives it: canonical_json calls itself for each level, and takes thirty times as long.
create function nightshift.hash_payload(payload jsonb) returns text language sql immutable as $$
  select 'sha256:' || encode(sha256(convert_to(payload::text, 'UTF8')), 'hex')
$$;

create function nightshift.audit_joined() returns trigger language plpgsql as $$
begin
  insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids, before, after)
  values (new.accepted_by -> 'actor', new.accepted_by -> 'origin', 'run.joined', 'done', 'run', array[new.id::text],
    jsonb_build_object('job', old.job, 'payload', nightshift.hash_payload(old.payload), 'runAt', old.run_at),
    jsonb_build_object('job', new.job, 'payload', nightshift.hash_payload(new.payload), 'runAt', new.run_at));
  return null;
end $$;
-- Of the statements that change runs, only what lets one join another names this column.
create trigger audit_joined after update of accepted_by on nightshift.runs for each row
  when (new.accepted_by is not null) execute function nightshift.audit_joined();

${edit(
  takeKeys,
  [
    `w.uniqueness ->> 'rule' as rule,`,
    // Only who could write the row itself may say in whose name.
    `case when pg_has_role(session_user, current_user, 'member') then w."acceptedBy" else nightshift.database_author() end as author,
      w.uniqueness ->> 'rule' as rule,`,
  ],
  [
    'key text, gate json, uniqueness jsonb)',
    'key text, gate json, uniqueness jsonb, "acceptedBy" jsonb)',
  ],
  [
    `set payload = coalesce(t.payload, 'null'),`,
    `set payload = coalesce(t.payload, 'null'), accepted_by = t.author,`,
  ],
)}

${edit(
  offer,
  [
    '  stranger text;',
    '  author constant jsonb := nightshift.database_author();\n  stranger text;',
  ],
  [`'uniqueness', unique_key)), true)`, `'uniqueness', unique_key, 'acceptedBy', author)), true)`],
  ['key, unchecked, uniqueness)', 'key, unchecked, uniqueness, accepted_by)'],
  [`given ->> 'key', true, unique_key);`, `given ->> 'key', true, unique_key, author);`],
)}
`,
  down: `
${offer}
${takeKeys}
drop trigger audit_joined on nightshift.runs;
drop function nightshift.audit_joined(), nightshift.hash_payload(jsonb), nightshift.database_author();
`,
};
