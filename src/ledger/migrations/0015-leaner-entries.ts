import { acceptedBy } from './0014-accepted-by.ts';
import { functionOf } from './earlier.ts';

/** The entries of the audit log for runs, without the two sorts that told apart who enqueued them: 2 to 3 µs a run. */
export const leanerEntries = {
  up: `
create or replace function nightshift.audit_accepted() returns trigger language plpgsql as $$
begin
  if not exists (select from accepted where accepted_by is not null) then return null; end if;
  insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids, after)
  select accepted_by -> 'actor', accepted_by -> 'origin',
    case when replay_of is null then 'run.enqueued' else 'run.replayed' end, 'done', 'run', array_agg(id::text),
    jsonb_strip_nulls(jsonb_build_object('job', job, 'runs', count(*), 'replayOf', replay_of))
  from (select *, (row_number() over () - 1) / 1000 as part from accepted where accepted_by is not null) as of_somebody
  group by accepted_by, job, replay_of, part;
  return null;
end $$;
`,
  down: functionOf(acceptedBy, 'nightshift.audit_accepted'),
};
