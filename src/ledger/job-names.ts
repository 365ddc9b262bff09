import { coversJob, type JobScope } from '../core/job-scope.ts';
import type { Sql } from '../core/sql.ts';

/**
 * The jobs of a scope by their names, as an index can serve them: what ends with `*` becomes the jobs that the ledger has
 * runs of. Undefined for all of them.
 */
export async function namesIn(sql: Sql, scope: JobScope): Promise<readonly string[] | undefined> {
  if (scope === undefined || !scope.some((entry) => entry.endsWith('*'))) return scope;
  const known = await sql.query<{ job: string }>(selectJobNames);
  return known.map(({ job }) => job).filter((job) => coversJob(scope, job));
}

/**
 * Selects every job that the ledger has runs of, from one to the next in the index: it costs a look for each, however
 * many runs. More conditions on `job` may follow with `and`.
 */
export const selectJobNames = `with recursive names as (
    (select job from nightshift.runs order by job limit 1)
    union all
    select (select r.job from nightshift.runs r where r.job > n.job order by r.job limit 1)
    from names n where n.job is not null
  )
  select job from names where job is not null`;
