import type { Sql } from '../core/sql.ts';

/** Which of `deliveries` BullMQ's table holds under `queue` and has not finished. */
export async function findUnfinished(
  sql: Sql,
  queue: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from bullmq.job
      where queue = $1 and id = any($2::text[]) and state not in ('completed', 'failed')`,
    [queue, deliveries],
  );
  return rows.map(({ id }) => id);
}

/** Which of `deliveries` BullMQ's table holds back under `queue` until a time of their own. */
export async function findDelayed(
  sql: Sql,
  queue: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from bullmq.job where queue = $1 and id = any($2::text[]) and state = 'delayed'`,
    [queue, deliveries],
  );
  return rows.map(({ id }) => id);
}

/** Resolves when the database answers. */
export async function pingDatabase(sql: Sql): Promise<void> {
  await sql.query('select 1');
}
