import type { Sql } from '../../src/core/sql.ts';
import type { EndedRun, EndedStep, Entry } from './evidence.ts';

/** The migration of the suite: the database writes its own history, in the transactions of what it tells of. */
export const chaosMigrations = {
  'zz-chaos/0001-history': {
    up: `
create schema chaos;
create table chaos.history (
  seq bigserial primary key,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  run uuid not null,
  attempt int not null,
  worker uuid,
  moved_from text,
  moved_to text,
  step text
);
create function chaos.note_move() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into chaos.history (kind, run, attempt, moved_to) values ('move', new.id, new.attempt, new.state);
  elsif old.state <> new.state or old.attempt <> new.attempt then
    insert into chaos.history (kind, run, attempt, worker, moved_from, moved_to)
    values ('move', new.id, new.attempt, new.worker, old.state, new.state);
  end if;
  return null;
end $$;
create trigger note_move after insert or update on nightshift.runs
for each row execute function chaos.note_move();
create function chaos.note_step() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into chaos.history (kind, run, attempt, step) values ('step', new.run_id, new.attempt, new.name);
  else
    insert into chaos.history (kind, run, attempt, step) values ('unstep', old.run_id, old.attempt, old.name);
  end if;
  return null;
end $$;
create trigger note_step after insert or update or delete on nightshift.steps
for each row execute function chaos.note_step();`,
    down: `drop trigger note_move on nightshift.runs; drop trigger note_step on nightshift.steps; drop schema chaos cascade;`,
  },
};

/** What the database has to say in the end. */
export async function readLedger(
  sql: Sql,
): Promise<{ runs: EndedRun[]; steps: EndedStep[]; entries: Entry[] }> {
  return {
    runs: await sql.query<EndedRun>(
      `select id, job, state, attempt, losses, result from nightshift.runs order by id`,
    ),
    steps: await sql.query<EndedStep>(
      `select run_id as run, name as step, attempt, result from nightshift.steps order by run_id, name`,
    ),
    entries: await sql.query<Entry>(
      `select kind, run, attempt, worker, moved_from as "from", moved_to as "to", step,
         extract(epoch from at)::float8 * 1000 as at
       from chaos.history order by seq`,
    ),
  };
}

/** Runs that have not ended. */
export async function countUnfinished(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::int as count from nightshift.runs where finished_at is null`,
  );
  return row!.count;
}
