import type { Sql } from '../core/sql.ts';

/**
 * Which of `deliveries` BullMQ's table holds under `queue` and has not finished. Locks run out by the clock of
 * whoever took the delivery: one that holds for more than a minute from now was taken by a clock that is ahead,
 * and would come again hours after the death of its worker.
 */
export async function findUnfinished(
  sql: Sql,
  queue: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from bullmq.job
      where queue = $1 and id = any($2::text[]) and state not in ('completed', 'failed')
        and not (state = 'active' and locked_until_ms > extract(epoch from now() + interval '1 minute') * 1000)`,
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

/** What the clock of the database shows, in epoch milliseconds. */
export async function readClock(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ ms: number }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
  );
  return row!.ms;
}

/**
 * Lets BullMQ look for stalled jobs again in the queues whose names begin with `prefix`: it looks no sooner than some seconds
 * after the last look, and a process whose clock is hours ahead leaves a time that nobody else reaches for hours.
 */
export async function rightStalledChecks(sql: Sql, prefix: string): Promise<void> {
  await sql.query(
    `update bullmq.meta set value = floor(extract(epoch from now()) * 1000)::bigint::text
     where field = 'stalled-check' and starts_with(queue, $1)
       and value::numeric > extract(epoch from now() + interval '1 minute') * 1000`,
    [prefix],
  );
}

/** Resolves when the database answers. */
export async function pingDatabase(sql: Sql): Promise<void> {
  await sql.query('select 1');
}
