import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { conditionsOf, type RunQuery } from './run-filter.ts';

/** Failed runs of one job whose errors have one cause. */
export interface FailureGroup {
  readonly job: string;
  readonly fingerprint: string;
  readonly count: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** The error of the latest of them. */
  readonly error: RunError;
  /** The latest of them, at most three. */
  readonly latest: readonly string[];
}

/** The failed runs by job and fingerprint, the group of the newest failure first. */
export async function listFailures(
  sql: Sql,
  { limit, ...query }: Omit<RunQuery, 'states'> & { readonly limit: number },
): Promise<FailureGroup[]> {
  const { text, values } = await conditionsOf(sql, query);
  return sql.query<FailureGroup>(
    `with groups as (
       select job, fingerprint, count(*)::int as count, min(finished_at) as "firstSeen",
         max(finished_at) as "lastSeen", (array_agg(id order by finished_at desc, id desc))[1:3] as latest
       from nightshift.runs where fingerprint is not null and ${text}
       group by job, fingerprint order by max(finished_at) desc limit $${values.length + 1}
     )
     select g.job, g.fingerprint, g.count, g."firstSeen", g."lastSeen", r.error, g.latest
     from groups g join nightshift.runs r on r.id = g.latest[1] order by g."lastSeen" desc`,
    [...values, limit],
  );
}
