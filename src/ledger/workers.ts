import type { Sql } from '../core/sql.ts';

/** A process that runs jobs, as it tells of itself. */
export interface WorkerSelf {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly jobs: readonly string[];
  /** By job, the version that its code has. */
  readonly versions?: Readonly<Record<string, number>>;
  /** Runs of each of its jobs that it takes at a time; 10 where nothing is said. */
  readonly concurrency?: number;
}

export interface WorkerRow extends WorkerSelf {
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  readonly sample: unknown;
}

/** Makes the worker known; its heartbeat begins now. */
export async function registerWorker(
  sql: Sql,
  { id, host, pid, jobs, versions = {}, concurrency = 10 }: WorkerSelf,
): Promise<void> {
  await sql.query(
    `insert into nightshift.workers (id, host, pid, jobs, versions, concurrency) values ($1, $2, $3, $4, $5::jsonb, $6)`,
    [id, host, pid, jobs, JSON.stringify(versions), concurrency],
  );
}

/** What a worker tells of itself with each heartbeat. */
export interface Beat {
  readonly worker: string;
  /** What the process measured of itself. */
  readonly sample: unknown;
  /** Every run that it is at work on, or has a claim or an outcome of on its way. */
  readonly inHand: readonly string[];
  /** A gap between beats that is longer breaks their row: the database was away, or the machine slept. */
  readonly longestGapMs: number;
}

/** Renews the heartbeat, in Postgres's time. False when the ledger does not know the worker (any more). */
export async function beat(
  sql: Sql,
  { worker, sample, inHand, longestGapMs }: Beat,
): Promise<boolean> {
  const known = await sql.query(
    `update nightshift.workers set heartbeat_at = now(), released_at = null, sample = $2::jsonb, in_hand = $3::uuid[],
       beating_since = case when heartbeat_at < now() - $4 * interval '1 millisecond' then now() else beating_since end
     where id = $1 returning id`,
    [worker, JSON.stringify(sample), inHand, longestGapMs],
  );
  return known.length > 0;
}

/** Says that the worker is gone: what it still holds may be taken over at once. */
export async function markStopped(sql: Sql, worker: string): Promise<void> {
  await sql.query(`update nightshift.workers set stopped_at = now() where id = $1`, [worker]);
}

/** Says that every known worker is gone, when whoever says it has the only right to be one (embedded). */
export async function markAllStopped(sql: Sql): Promise<void> {
  await sql.query(
    `update nightshift.workers set stopped_at = coalesce(stopped_at, now()), released_at = null`,
  );
}

/** The workers heard of within `detectionMs`. */
export async function listWorkers(sql: Sql, detectionMs: number): Promise<WorkerRow[]> {
  return sql.query<WorkerRow>(
    `select id, host, pid, jobs, versions, started_at as "startedAt", heartbeat_at as "heartbeatAt", sample
     from nightshift.workers w
     where not ${isDead('w', '$1')}
     order by started_at`,
    [detectionMs],
  );
}

/** SQL that is true when the worker `row` said that it stopped, or was not heard of for `ms` milliseconds. */
export function isDead(row: string, ms: string): string {
  return `(${row}.stopped_at is not null or ${row}.heartbeat_at <= now() - ${ms} * interval '1 millisecond')`;
}

/** When silence is death: after `detectionMs`, in which rescue was in touch without a gap of `longestGapMs`. */
export interface Silence {
  readonly detectionMs: number;
  readonly longestGapMs: number;
}

/** SQL that is true when the worker `row` stopped, or when its silence is death by now: see `Silence`, here in `ms` and `gapMs`. */
export function isProvenDead(row: string, ms: string, gapMs: string): string {
  return `(${row}.stopped_at is not null or ${isDead(row, ms)} and exists (select from nightshift.rescue
    where in_touch_since < now() - ${ms} * interval '1 millisecond' and passed_at >= now() - ${gapMs} * interval '1 millisecond'))`;
}

/** Dead workers whose runs nobody has looked after yet: none, in the good case. */
export async function listUnreleased(
  sql: Sql,
  { detectionMs, longestGapMs }: Silence,
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select w.id from nightshift.workers w where w.released_at is null and ${isProvenDead('w', '$1', '$2')}`,
    [detectionMs, longestGapMs],
  );
  return rows.map(({ id }) => id);
}

/** Says that these workers hold no run any more; one that came back to life meanwhile is left out. */
export async function releaseWorkers(
  sql: Sql,
  workers: readonly string[],
  { detectionMs, longestGapMs }: Silence,
): Promise<void> {
  await sql.query(
    `update nightshift.workers w set released_at = now(), in_hand = null
     where w.id = any($1::uuid[]) and ${isProvenDead('w', '$2', '$3')} and not exists (
       select from nightshift.runs r
       where r.finished_at is null and r.state = 'active' and r.worker = w.id)`,
    [workers, detectionMs, longestGapMs],
  );
}

/** Forgets workers that were released a week ago. */
export async function forgetWorkers(sql: Sql): Promise<void> {
  await sql.query(`delete from nightshift.workers where released_at < now() - interval '7 days'`);
}
