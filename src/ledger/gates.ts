import type { Sql } from '../core/sql.ts';
import type { GateLimits } from '../core/turns.ts';
import { idleBound } from '../db/index.ts';
import { strictStep } from './gate-ways.ts';
import { countStarts, forgetStarts, noStarts, noteStarts } from './starts.ts';

/** The row of a gate, locked: nothing else releases runs of the job until the transaction ends. */
export interface LockedGate extends GateLimits {
  /** The window of the rate, in milliseconds; null without a rate. */
  readonly ratePerMs: number | null;
  /** Runs of the job that all living workers together take at a time. */
  readonly capacity: number;
}

/** Postgres ends a pass that rests for so long: its process is frozen, and holds up all others. */
const idleMs = 3000;

/** Locks the gate of a job, for one pass; undefined where the job never had limits. */
export async function lockGate(tx: Sql, job: string): Promise<LockedGate | undefined> {
  const rows = await tx.query<LockedGate>(
    `select g.total, g.per_key as "perKey", g.rate_max as "rateMax", g.rate_per_key as "ratePerKey",
       extract(epoch from g.rate_per)::float8 * 1000 as "ratePerMs",
       (select coalesce(sum(w.concurrency), 0)::int from nightshift.workers w
        where g.job = any(w.jobs) and w.stopped_at is null and w.heartbeat_at > now() - interval '1 minute') as capacity,
       ${idleBound('$2')}
     from nightshift.gates g where g.job = $1 for update of g`,
    [job, String(idleMs)],
  );
  return rows[0];
}

/**
 * True when a pass over the gate would find something: a run that came, ended, waits again or has its time, a key
 * that rested long enough. Costs a few reads of indexes, however many runs wait.
 */
export async function hasGateWork(sql: Sql, job: string): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(
    `select exists (select from nightshift.arrivals where job = $1)
       or exists (select from nightshift.gated where job = $1 and phase = 'asleep' and run_at <= now())
       or exists (select from nightshift.lanes where job = $1 and wake_at <= now())
       or exists (${movedRuns('1')}) as found`,
    [job],
  );
  return row!.found;
}

/** Ended, or waiting for its children or an event, after which it comes to its gate anew. */
const hasLeft = `(r.id is null or r.finished_at is not null or (r.state = 'blocked' and r.error->>'name' is not distinct from 'Waiting'))`;

/** Released runs of the job `$1` that have left, or that a retry, a snooze or a sleep sent back to wait. */
const movedRuns = (columns: string) =>
  `select ${columns} from nightshift.gated g left join nightshift.runs r on r.id = g.run_id
   where g.job = $1 and g.phase = 'released' and (r.id is null or r.finished_at is not null or r.state = 'blocked')`;

/**
 * Takes note of what happened since the last pass: ended runs leave, with a rate their starts stay; runs that wait
 * again and runs whose time has come stand in line; keys that got something, or a slot back, are ready.
 */
export async function settleGate(
  tx: Sql,
  { job, gate }: { readonly job: string; readonly gate: LockedGate },
): Promise<void> {
  await tx.query(
    `with arrived as (
       delete from nightshift.arrivals where job = $1 returning key
     ), moved as materialized (
       ${movedRuns(`g.run_id, g.key, g.released_at, ${hasLeft} as ended, r.started_at, r.run_at,
         r.run_at + r.priority * coalesce((select ageing from nightshift.gates where job = $1), ${strictStep}) as rank`)}
     ), ${gate.rateMax === null ? '' : noteStarts(gate.ratePerKey)} gone as (
       delete from nightshift.gated g using moved m where g.run_id = m.run_id and m.ended
     ), back as (
       update nightshift.gated g set phase = case when m.run_at <= now() then 'waiting' else 'asleep' end,
         run_at = m.run_at, rank = m.rank, released_at = null
       from moved m where g.run_id = m.run_id and not m.ended
       returning g.key, g.phase
     ), awake as (
       update nightshift.gated set phase = 'waiting' where run_id = any(array(
         select run_id from nightshift.gated where job = $1 and phase = 'asleep' and run_at <= now()
         order by run_at limit ${wokenAtOnce} for update skip locked))
       returning key
     ), ready as (
       select key from arrived union select key from back where phase = 'waiting' union select key from awake
       union select key from nightshift.lanes where job = $1 and wake_at <= now()
       union select l.key from moved m cross join lateral (
         select key from nightshift.lanes where job = $1 and key = m.key and not ready offset 0) l
     )
     insert into nightshift.lanes as l (job, key, turn, ready)
     select $1, key, nextval('nightshift.turns'), true from ready
     on conflict (job, key) do update set ready = true, wake_at = null where not l.ready`,
    [job],
  );
  if (gate.ratePerMs !== null) await tx.query(forgetStarts, [job, gate.ratePerMs]);
}

/** Runs whose time has come that one pass looks at; the next one follows at once. */
const wokenAtOnce = 1000;

/** What of the gate's limits is used, and what there is to do. */
export interface GateSurvey {
  readonly released: number;
  /** Starts within the window of a rate of the whole job. */
  readonly started: number;
  /** Keys that may have something to release; counted up to the window. */
  readonly ready: number;
  /** Milliseconds until the rate of the job lets a further run go; null where it has none. */
  readonly rateMs: number | null;
  /** Milliseconds until a run has its time, or a key rested long enough; null when none does. */
  readonly nextMs: number | null;
}

/** Counts what is under way at a gate that was settled. */
export async function surveyGate(
  tx: Sql,
  {
    job,
    gate,
    window,
  }: { readonly job: string; readonly gate: LockedGate; readonly window: number },
): Promise<GateSurvey> {
  const isRated = gate.rateMax !== null && !gate.ratePerKey;
  const [row] = await tx.query<GateSurvey>(
    `select (select count(*) from nightshift.gated where job = $1 and phase = 'released')::int as released,
       (select count(*) from (select from nightshift.lanes where job = $1 and ready order by turn limit $2) l)::int as ready,
       s.started, s."freeMs" as "rateMs", extract(epoch from least(
         (select min(run_at) from nightshift.gated where job = $1 and phase = 'asleep'),
         (select min(wake_at) from nightshift.lanes where job = $1)) - clock_timestamp())::float8 * 1000 as "nextMs"
     from (${isRated ? countStarts() : noStarts}) s`,
    [job, window, gate.ratePerMs],
  );
  return row!;
}

/** A key at the gate as it stands: whose turn comes first is first. */
export interface LaneRow {
  readonly key: string;
  /** Its first waiting runs, by rank. */
  readonly heads: readonly string[];
  readonly released: number;
  readonly started: number;
  /** Milliseconds until a rate of the key lets a further run go, where it has let all go; null without one. */
  readonly freeMs: number | null;
}

/** The first `lanes` keys that are ready, each with up to `heads` of its runs: no row is read but those. */
export async function listLanes(
  tx: Sql,
  {
    job,
    gate,
    lanes,
    heads,
  }: {
    readonly job: string;
    readonly gate: LockedGate;
    readonly lanes: number;
    readonly heads: number;
  },
): Promise<LaneRow[]> {
  return tx.query<LaneRow>(
    `select l.key, h.heads, s.started, s."freeMs",
       (select count(*) from nightshift.gated g
        where g.job = $1 and g.key = l.key and g.phase = 'released' and $5)::int as released
     from (select key, turn from nightshift.lanes where job = $1 and ready order by turn limit $2) l
     cross join lateral (select array(
       select g.run_id from nightshift.gated g where g.job = $1 and g.key = l.key and g.phase = 'waiting'
       order by g.rank, g.run_id limit $4) as heads) h
     cross join lateral (${gate.ratePerKey ? countStarts('l.key') : noStarts}) s
     order by l.turn`,
    [job, lanes, gate.ratePerMs, heads, gate.perKey !== null],
  );
}
