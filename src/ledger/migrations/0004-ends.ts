/**
 * What people do with runs that ended: fingerprints of errors, replays, results kept in the archive, and actions on
 * many runs. No index here names `state` or anything else that a claim changes: it would make each claim a
 * write to every index of the table.
 */
export const ends = {
  up: `
alter table nightshift.runs
  add column replay_of uuid,
  add column artifact jsonb,
  add column fingerprint text
    generated always as (case when state = 'failed' then error->>'fingerprint' end) stored;
create index runs_ended_badly on nightshift.runs (id) where finished_at is not null and error is not null;
create index runs_fingerprint on nightshift.runs (fingerprint, id) where fingerprint is not null;
create index runs_replay_of on nightshift.runs (replay_of) where replay_of is not null;

alter table nightshift.steps add column artifact jsonb;

create table nightshift.bulks (
  id uuid primary key,
  action text not null,
  filter jsonb not null,
  rate float8,
  reason text,
  most int,
  begun_at timestamptz not null default now(),
  touched_at timestamptz not null default now(),
  finished_at timestamptz,
  reached uuid not null,
  matched int not null default 0,
  changed int not null default 0
);
create index bulks_unfinished on nightshift.bulks (id) where finished_at is null;`,
  down: `
drop table nightshift.bulks;
drop index nightshift.runs_ended_badly;
alter table nightshift.steps drop column artifact;
alter table nightshift.runs drop column fingerprint, drop column artifact, drop column replay_of;`,
};
