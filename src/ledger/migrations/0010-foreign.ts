/**
 * Which versions of their jobs workers and schedules have, and the runs that were adopted from BullMQ jobs of other
 * programs: such a job names its run by `delivery`, a hash of what it is, so that it is the same run when it comes again.
 */
export const foreign = {
  up: `
alter table nightshift.workers add column versions jsonb not null default '{}';
alter table nightshift.schedules add column version int not null default 0;

create table nightshift.adopted (
  delivery uuid primary key,
  run_id uuid not null,
  job_id text not null,
  job_name text not null,
  adopted_at timestamptz not null default now()
);
create index adopted_run on nightshift.adopted (run_id);
`,
  down: `
drop table nightshift.adopted;
alter table nightshift.schedules drop column version;
alter table nightshift.workers drop column versions;
`,
};
