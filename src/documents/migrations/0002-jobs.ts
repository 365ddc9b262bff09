/** Whose documents and decisions are: the job of the run that wrote them last, for keys that are limited to jobs. */
export const jobsOfDocuments = {
  up: `
alter table nightshift.documents add column job text;
alter table nightshift.decisions add column job text;
-- Where the tables are new there are no runs yet, nor a table of them.
do $$
begin
  if to_regclass('nightshift.runs') is not null then
    update nightshift.documents d set job = r.job from nightshift.runs r where r.id = d.run_id;
    update nightshift.decisions d set job = r.job from nightshift.runs r where r.id = d.run_id;
  end if;
end $$;`,
  down: `
alter table nightshift.decisions drop column job;
alter table nightshift.documents drop column job;`,
};
