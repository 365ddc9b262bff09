import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { leavingGates } from './gate-ways.ts';

/** Ends up to `limit` runs that did not begin before their time was over, with `error`. Answers how many. */
export async function expireRuns(sql: Sql, error: RunError, limit: number): Promise<number> {
  const rows = await sql.query(
    `with late as (
       select id from nightshift.runs
       where expires_at <= now() and finished_at is null and attempt = 0 and state in ('queued', 'blocked')
       order by expires_at limit $2 for update skip locked
     ), expired as (
       update nightshift.runs r set state = 'expired', finished_at = now(), error = $1::jsonb
       from late where r.id = late.id
       returning r.id, r.job, r.key, r.gated
     ), ${leavingGates('expired')}
     select id from expired`,
    [JSON.stringify(error), limit],
  );
  return rows.length;
}
