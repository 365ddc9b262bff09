/** Who enqueued a run, where somebody did by the API; the audit log gets an entry in the same transaction. */
export const acceptedBy = {
  up: `
alter table nightshift.runs add column accepted_by jsonb;

create function nightshift.audit_accepted() returns trigger language plpgsql as $$
begin
  if not exists (select from accepted where accepted_by is not null) then return null; end if;
  insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids, after)
  select accepted_by -> 'actor', accepted_by -> 'origin',
    case when replay_of is null then 'run.enqueued' else 'run.replayed' end, 'done', 'run', array_agg(id::text order by id),
    jsonb_build_object('job', job, 'runs', count(*)) || case when replay_of is null then '{}' else jsonb_build_object('replayOf', replay_of) end
  from (select *, (row_number() over (partition by accepted_by, job order by id) - 1) / 1000 as part
    from accepted where accepted_by is not null) as of_somebody
  group by accepted_by, job, replay_of, part;
  return null;
end $$;
create trigger audit_accepted after insert on nightshift.runs referencing new table as accepted
  for each statement execute function nightshift.audit_accepted();
`,
  down: `
drop trigger audit_accepted on nightshift.runs;
drop function nightshift.audit_accepted();
alter table nightshift.runs drop column accepted_by;
`,
};
