import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { leavingGates } from './gate-ways.ts';
import { selectJobNames } from './job-names.ts';

/** How long nobody may have known a job before its runs end, and the jobs that the asker knows. */
export interface UnknownJobs {
  readonly known: readonly string[];
  readonly graceMs: number;
}

/** SQL that is true for a job that is not in `$1` and that no worker heard of within `$2` ms had. */
const isUnknown = (job: string) =>
  `${job} <> all($1::text[]) and not exists (
     select from nightshift.workers w
     where ${job} = any(w.jobs) and w.heartbeat_at > now() - $2 * interval '1 millisecond')`;

/** Jobs that runs accepted by SQL ask for and nobody knows, the runs having waited for the whole grace. */
export async function listUnknownPosted(
  sql: Sql,
  { known, graceMs }: UnknownJobs,
): Promise<string[]> {
  const rows = await sql.query<{ job: string }>(
    `select distinct unchecked_job as job from nightshift.outbox
     where unchecked_job is not null and added_at < now() - $2 * interval '1 millisecond' and ${isUnknown('unchecked_job')}`,
    [known, graceMs],
  );
  return rows.map(({ job }) => job);
}

/** Jobs of the ledger that nobody knows. Reads one row per job and partition, however many runs there are. */
export async function listUnknownJobs(
  sql: Sql,
  { known, graceMs }: UnknownJobs,
): Promise<string[]> {
  const rows = await sql.query<{ job: string }>(`${selectJobNames} and ${isUnknown('job')}`, [
    known,
    graceMs,
  ]);
  return rows.map(({ job }) => job);
}

/** Runs of an unknown job that have waited for the grace, and the error that they end with. */
export interface Stranded extends UnknownJobs {
  readonly job: string;
  /** Those that were accepted by SQL and never checked, due or not; else those that are due and were. */
  readonly unchecked: boolean;
  readonly error: RunError;
}

/** Ends up to `limit` such runs, while nobody knows the job. Answers them with the deliveries that the queue may have. */
export async function failStranded(
  sql: Sql,
  { job, known, unchecked, graceMs, error }: Stranded,
  limit: number,
): Promise<{ id: string; delivery: string }[]> {
  return sql.query(
    `with stranded as (
       select id from nightshift.runs
       where finished_at is null and job = $3 and (state = 'queued' or (state = 'blocked' and gated))
         and ${isUnknown('$3::text')} and unchecked = $4
         and queued_at < now() - $2 * interval '1 millisecond'
         and (unchecked or run_at < now() - $2 * interval '1 millisecond')
       order by id limit $6 for update skip locked
     ), unposted as (
       delete from nightshift.outbox o using stranded where o.run_id = stranded.id
     ), failed as (
       update nightshift.runs r set state = 'failed', finished_at = now(), error = $5::jsonb
       from stranded where r.id = stranded.id
       returning r.id, r.delivery, r.job, r.key, r.gated
     ), ${leavingGates('failed')}
     select id, delivery from failed`,
    [known, graceMs, job, unchecked, JSON.stringify(error), limit],
  );
}
