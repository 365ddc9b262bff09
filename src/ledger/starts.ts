/**
 * SQL that counts what a rate counts of the job `$1` (and of one key): every attempt that started within the last `$3`
 * milliseconds, and every released run that has not started yet, as if it started now. So the count can only be too
 * large, never too small, and no window of that length holds more starts than were let go. Answers `started`, and
 * `freeMs`: milliseconds until the oldest of them leaves the window.
 */
export function countStarts(key?: string): string {
  return `select count(*)::int as started,
      extract(epoch from min(c.at) + $3 * interval '1 millisecond' - clock_timestamp())::float8 * 1000 as "freeMs"
    from (
      select s.at from nightshift.starts s
      where s.job = $1 and s.key = ${key ?? `''`} and s.at > now() - $3 * interval '1 millisecond'
      union all
      select x.at from nightshift.gated g join nightshift.runs r on r.id = g.run_id
      cross join lateral (
        select r.started_at as at where r.started_at >= g.released_at
        union
        select a.started_at from nightshift.attempts a where a.run_id = g.run_id and a.started_at >= g.released_at
        union
        select now() where r.state = 'queued'
      ) x
      where g.job = $1 ${key === undefined ? '' : `and g.key = ${key}`} and g.phase = 'released'
        and x.at > now() - $3 * interval '1 millisecond'
    ) c`;
}

/** What `countStarts` answers where no rate counts any; `$3` is null then. Planning the count would cost more than the rest. */
export const noStarts = `select 0 as started, $3::float8 as "freeMs"`;

/** A CTE, to be followed by others, that keeps the starts of the runs of the CTE `moved`, of the job `$1` or of each key. */
export function noteStarts(byKey: boolean): string {
  return `started as (
      insert into nightshift.starts (job, key, at)
      select $1, ${byKey ? 'm.key' : `''`}, s.at from moved m cross join lateral (
        select m.started_at as at union
        select a.started_at from nightshift.attempts a where a.run_id = m.run_id
      ) s where s.at >= m.released_at
    ),`;
}

/** Starts that no window counts any more are forgotten; `$1` the job, `$2` its window in milliseconds. */
export const forgetStarts = `delete from nightshift.starts where job = $1 and at <= now() - $2 * interval '1 millisecond'`;
