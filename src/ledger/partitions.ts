import type { Sql } from '../core/sql.ts';

/** Creates the weekly partitions up to four weeks ahead; answers how many were missing. */
export async function ensurePartitions(sql: Sql): Promise<number> {
  const rows = await sql.query<{ created: number }>(
    `select nightshift.ensure_partitions(now() + interval '4 weeks') as created`,
  );
  return rows[0]!.created;
}

/** When the oldest week of runs begins, detached ones included: whatever belongs to a run from before is nobody's. */
export async function findOldestRuns(sql: Sql): Promise<Date | undefined> {
  const [row] = await sql.query<{ begins: Date | null }>(
    `select min(to_date(right(c.relname, 7), 'IYYY"w"IW'))::timestamp at time zone 'UTC' as begins from pg_class c
     where c.relnamespace = 'nightshift'::regnamespace and c.relkind = 'r'
       and c.relname ~ '^runs_[0-9]{4}w[0-9]{2}$'`,
  );
  return row?.begins ?? undefined;
}
