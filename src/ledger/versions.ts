import type { Sql } from '../core/sql.ts';
import { isDead } from './workers.ts';

/** SQL that is true when a worker heard of within `ms` milliseconds has code for this version of the job. */
export function isKnown(job: string, version: string, ms: string): string {
  return `exists (select from nightshift.workers w
    where (w.versions ->> ${job})::int >= ${version} and not ${isDead('w', ms)})`;
}

/** Runs that wait for newer code than any worker has that is alive. */
export interface AheadOfWorkers {
  readonly job: string;
  /** The newest version among them. */
  readonly version: number;
  /** The newest that a living worker has. */
  readonly known: number;
  readonly runs: number;
}

/** By job, for what the living workers know in older versions only; reads every unfinished run. */
export async function listAhead(sql: Sql, detectionMs: number): Promise<AheadOfWorkers[]> {
  return sql.query<AheadOfWorkers>(
    `with newest as (${newest})
     select r.job, max(r.version) as version, newest.known, count(*)::int as runs
     from nightshift.runs r join newest on newest.job = r.job and r.version > newest.known
     where r.finished_at is null and r.state = 'queued'
     group by r.job, newest.known order by r.job`,
    [detectionMs],
  );
}

/** The newest version of `job` that a living worker has; undefined when none runs it. */
export async function findNewestVersion(
  sql: Sql,
  job: string,
  detectionMs: number,
): Promise<number | undefined> {
  const rows = await sql.query<{ known: number }>(
    `with newest as (${newest}) select known from newest where job = $2`,
    [detectionMs, job],
  );
  return rows[0]?.known;
}

const newest = `select v.key as job, max(v.value::int) as known
  from nightshift.workers w cross join jsonb_each_text(w.versions) v
  where not ${isDead('w', '$1')} group by v.key`;
