import type { Sql } from '../../src/core/sql.ts';
import type { EndedRun, EndedStep, Entry, Evidence, Firing } from './evidence.ts';

/** The migration of the suite: the database writes its own history, in the transactions of what it tells of. */
export const chaosMigrations = {
  'zz-chaos/0001-history': {
    up: `
create schema chaos;
create table chaos.history (
  seq bigserial primary key,
  at timestamptz not null default clock_timestamp(),
  began_at timestamptz not null default now(),
  kind text not null,
  run uuid not null,
  attempt int not null,
  worker uuid,
  moved_from text,
  moved_to text,
  failures int,
  silent_ms float8,
  paused_ms float8,
  early_ms float8,
  step text
);
create table chaos.pulses (at timestamptz not null default clock_timestamp());
create table chaos.pauses (job text primary key, at timestamptz not null default clock_timestamp());
-- The last two beats of each worker by the clock of the database, whatever the product writes into its row.
create table chaos.beats (worker uuid primary key, at timestamptz not null, before timestamptz not null);
create function chaos.note_beat() returns trigger language plpgsql as $$
begin
  insert into chaos.beats as b (worker, at, before) values (new.id, clock_timestamp(), clock_timestamp())
  on conflict (worker) do update set before = b.at, at = clock_timestamp();
  return null;
end $$;
create trigger note_beat after insert or update of heartbeat_at on nightshift.workers
for each row execute function chaos.note_beat();
-- A worker may wake between the look at its heartbeat and the loss of its runs: then the gap before that counts.
create function chaos.silence_of(holder uuid) returns float8 language sql as $$
  select case when w.stopped_at is null then extract(epoch from greatest(clock_timestamp() - b.at,
    case when clock_timestamp() - b.at < interval '2 seconds' then b.at - b.before end)) * 1000 end
  from chaos.beats b join nightshift.workers w on w.id = b.worker where b.worker = holder
$$;
-- How long the job has been paused.
create function chaos.pause_of(paused text) returns float8 language sql as $$
  select extract(epoch from clock_timestamp() - q.at) * 1000 from chaos.pauses q where q.job = paused
$$;
create function chaos.note_pause() returns trigger language plpgsql as $$
begin
  delete from chaos.pauses where job = new.job and new.paused_at is null;
  insert into chaos.pauses (job) select new.job where new.paused_at is not null on conflict do nothing;
  return null;
end $$;
create trigger note_pause after insert or update on nightshift.queues
for each row execute function chaos.note_pause();
create function chaos.note_move() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into chaos.history (kind, run, attempt, moved_to, failures)
    values ('move', new.id, new.attempt, new.state, new.failures);
  elsif old.state <> new.state or old.attempt <> new.attempt then
    insert into chaos.history (kind, run, attempt, worker, moved_from, moved_to, failures, silent_ms, paused_ms, early_ms)
    values ('move', new.id, new.attempt, new.worker, old.state, new.state, new.failures,
      case when new.losses > old.losses then chaos.silence_of(old.worker) end,
      case when new.state = 'active' then chaos.pause_of(new.job) end,
      case when new.state = 'active' then extract(epoch from old.run_at - clock_timestamp()) * 1000 end);
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
for each row execute function chaos.note_step();
-- Where the run was meanwhile: for somebody who reads a timeline, and to see who shared a delivery.
create function chaos.note_dispatch() returns trigger language plpgsql as $$
declare run uuid;
begin
  if tg_table_name = 'outbox' then
    run := case when tg_op = 'DELETE' then old.run_id else new.run_id end;
    insert into chaos.history (kind, run, attempt, step) values ('note', run, 0, 'outbox ' || lower(tg_op));
  else
    insert into chaos.history (kind, run, attempt, step) values ('note', new.id, 0, 'delivery ' || new.delivery);
  end if;
  return null;
end $$;
create trigger note_outbox after insert or update or delete on nightshift.outbox
for each row execute function chaos.note_dispatch();
create trigger note_delivery after update of delivery on nightshift.runs
for each row when (old.delivery <> new.delivery) execute function chaos.note_dispatch();
create trigger note_first_delivery after insert on nightshift.runs
for each row execute function chaos.note_dispatch();`,
    down: `drop trigger note_move on nightshift.runs; drop trigger note_step on nightshift.steps;
drop trigger note_beat on nightshift.workers; drop trigger note_pause on nightshift.queues; drop trigger note_outbox on nightshift.outbox;
drop trigger note_delivery on nightshift.runs; drop trigger note_first_delivery on nightshift.runs; drop schema chaos cascade;`,
  },
};

/** A handler's own write. */
export const insertEffect = `insert into chaos.history (kind, run, attempt, step) values ('effect', $1, $2, $3)`;

/** Leaves a trace of a duty of the suite. */
export async function recordPulse(sql: Sql): Promise<void> {
  await sql.query('insert into chaos.pulses default values');
}

/** What the database has to say in the end. */
export async function readLedger(sql: Sql): Promise<Omit<Evidence, 'told' | 'span'>> {
  const pulses = await sql.query<{ at: number }>(
    `select extract(epoch from at)::float8 * 1000 as at from chaos.pulses order by at`,
  );
  return {
    runs: await sql.query<EndedRun>(
      `select id, job, state, attempt, failures, losses, result, schedule, parent, priority, payload->>'mark' as mark,
         uniqueness->>'key' as key, error->>'code' as "errorCode"
       from nightshift.runs order by id`,
    ),
    steps: await sql.query<EndedStep>(
      `select run_id as run, name as step, attempt, result from nightshift.steps order by run_id, name`,
    ),
    entries: await sql.query<Entry>(
      `select kind, run, attempt, worker, moved_from as "from", moved_to as "to", step, failures,
         silent_ms as "silentMs", paused_ms as "pausedMs", early_ms as "earlyMs",
         extract(epoch from at)::float8 * 1000 as at, extract(epoch from began_at)::float8 * 1000 as "beganAt"
       from chaos.history order by seq`,
    ),
    firings: await sql.query<Firing>(
      `select schedule, round(extract(epoch from due) * 1000)::float8 as due, state, run_id as run,
         extract(epoch from fired_at)::float8 * 1000 as "firedAt"
       from nightshift.firings order by fired_at, due`,
    ),
    pulses: pulses.map(({ at }) => at),
  };
}

/** Runs that have not ended. */
export async function countUnfinished(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::int as count from nightshift.runs where finished_at is null`,
  );
  return row!.count;
}
