import type { Sql } from '../core/sql.ts';

/** Creates the weekly partitions up to four weeks ahead; answers how many were missing. */
export async function ensurePartitions(sql: Sql): Promise<number> {
  const rows = await sql.query<{ created: number }>(
    `select nightshift.ensure_partitions(now() + interval '4 weeks') as created`,
  );
  return rows[0]!.created;
}
