import { durationMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { type Hold, isGated } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';

/**
 * Writes the limits of these jobs into the rows of their gates, which are what holds. A job that has none any more
 * lets everything go; one of an older version changes nothing. It costs one statement, and a write only where
 * something is new.
 */
export async function plantGates(sql: Sql, jobs: readonly AnyJob[]): Promise<void> {
  await sql.query(
    `with wanted as materialized (
       select job, version, gated, total, per_key, rate_max, rate_ms * interval '1 millisecond' as rate_per, rate_per_key,
         ageing_ms * interval '1 millisecond' as ageing, queued_most, queued_then, dropped
       from jsonb_to_recordset($1::jsonb) as w(job text, version int, gated boolean, total int, per_key int, rate_max int,
         rate_ms float8, rate_per_key boolean, ageing_ms float8, queued_most int, queued_then text, dropped jsonb)
     ), planted as (
       insert into nightshift.gates (job, version, total, per_key, rate_max, rate_per, rate_per_key, ageing, queued_most,
         queued_then, dropped)
       select job, version, total, per_key, rate_max, rate_per, rate_per_key, ageing, queued_most, queued_then, dropped
       from wanted w where gated and not exists (select from nightshift.gates g where g.job = w.job)
       on conflict (job) do nothing
     )
     update nightshift.gates g set version = w.version, total = w.total, per_key = w.per_key, rate_max = w.rate_max,
       rate_per = w.rate_per, rate_per_key = w.rate_per_key, ageing = w.ageing, queued_most = w.queued_most,
       queued_then = w.queued_then, dropped = w.dropped, planted_at = now()
     from wanted w where g.job = w.job and w.version >= g.version
       and (g.version, g.total, g.per_key, g.rate_max, g.rate_per, g.rate_per_key, g.ageing, g.queued_most, g.queued_then)
       is distinct from
       (w.version, w.total, w.per_key, w.rate_max, w.rate_per, w.rate_per_key, w.ageing, w.queued_most, w.queued_then)`,
    [JSON.stringify(jobs.map(toRow))],
  );
}

function toRow(job: AnyJob) {
  const { name, version, concurrency, rate, ageing, maxQueued } = job;
  return {
    job: name,
    version,
    gated: isGated(job),
    total: concurrency?.total,
    per_key: concurrency?.perKey,
    rate_max: rate?.max,
    rate_ms: rate && durationMs(rate.per),
    rate_per_key: rate?.perKey ?? false,
    ageing_ms: ageing && durationMs(ageing),
    queued_most: maxQueued?.runs,
    queued_then: maxQueued?.whenFull,
    dropped: maxQueued && dropped(name, maxQueued.runs),
  };
}

/** The error of a run that gave way to a newer one. */
function dropped(job: string, most: number) {
  const { name, message, code } = new Failure('run.dropped', { job, most });
  return { name, message, code };
}

/** Jobs at whose gates something waits, is under way or was said. */
export async function listBusyGates(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ job: string }>(
    `select job from nightshift.gates g
     where exists (select from nightshift.arrivals a where a.job = g.job)
       or exists (select from nightshift.lanes l where l.job = g.job)
       or exists (select from nightshift.gated r where r.job = g.job and r.phase = 'asleep')
       or exists (select from nightshift.gated r where r.job = g.job and r.phase = 'released')
     order by job`,
  );
  return rows.map(({ job }) => job);
}

/** What is at the gate of a job. */
export interface GateRow {
  readonly job: string;
  readonly total: number | null;
  readonly perKey: number | null;
  readonly rateMax: number | null;
  readonly ratePerMs: number | null;
  readonly ratePerKey: boolean;
  readonly ageingMs: number | null;
  readonly maxQueued: number | null;
  /** Runs that may go when they have their turn. */
  readonly waiting: number;
  /** Runs whose time is ahead. */
  readonly asleep: number;
  /** Runs under way, or on their way to a worker. */
  readonly released: number;
}

const ms = (interval: string) => `extract(epoch from ${interval})::float8 * 1000`;
const limits = `g.total, g.per_key as "perKey", g.rate_max as "rateMax", ${ms('g.rate_per')} as "ratePerMs",
  g.rate_per_key as "ratePerKey"`;

/** Every gate, with how many runs are where. */
export async function listGates(sql: Sql): Promise<GateRow[]> {
  const count = (phase: string) =>
    `(select count(*) from nightshift.gated r where r.job = g.job and r.phase = '${phase}')::int as ${phase}`;
  return sql.query<GateRow>(
    `select g.job, ${limits}, ${ms('g.ageing')} as "ageingMs", g.queued_most as "maxQueued",
       ${count('waiting')}, ${count('asleep')}, ${count('released')}
     from nightshift.gates g order by g.job`,
  );
}

/** What holds back a run; undefined for one that is at no gate. */
export async function findHold(sql: Sql, run: string): Promise<Hold | undefined> {
  const rows = await sql.query<Hold>(
    `select w.key, w.phase, ${limits},
       (select count(*) from nightshift.gated r where r.job = w.job and r.phase = 'released')::int as released,
       (select count(*) from nightshift.gated r
        where r.job = w.job and r.key = w.key and r.phase = 'released')::int as "releasedOfKey"
     from nightshift.gated w join nightshift.gates g on g.job = w.job where w.run_id = $1`,
    [run],
  );
  return rows[0];
}
