import type { Sql } from '../core/sql.ts';

/**
 * Says that a process with the set of schedules `hash` is alive, and answers whether that set is to be
 * planted: it is the one first seen last of those alive, and not the one that stands. A set is alive while
 * a process of it was heard of in the last minute. Processes ask one after the other, to the end of `tx`.
 */
export async function claimPlanting(tx: Sql, hash: string): Promise<boolean> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('nightshift.schedule_sets'))`);
  await tx.query(
    `insert into nightshift.schedule_sets (hash) values ($1) on conflict (hash) do update set seen_at = now()`,
    [hash],
  );
  await tx.query(`delete from nightshift.schedule_sets where first_seen_at < now() - interval '30 days'
       and seen_at < now() - interval '30 days'`);
  const planted = await tx.query(
    `update nightshift.schedule_sets set planted_at = clock_timestamp()
     where hash = $1 and hash = (select hash from nightshift.schedule_sets
         where seen_at > now() - interval '1 minute' order by first_seen_at desc, hash limit 1)
       and hash is distinct from (select hash from nightshift.schedule_sets
         where planted_at is not null order by planted_at desc limit 1)
     returning hash`,
    [hash],
  );
  return planted.length > 0;
}

/** Says that a process of this set ends; others of it say within seconds that the set lives on. */
export async function leavePlanting(sql: Sql, hash: string): Promise<void> {
  await sql.query(`update nightshift.schedule_sets set seen_at = '-infinity' where hash = $1`, [
    hash,
  ]);
}
