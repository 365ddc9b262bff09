import type { Sql } from '../core/sql.ts';

/** What was said about the queue of a job; a job nobody has paused or resumed has no row. */
export interface QueueRow {
  readonly job: string;
  /** Null while it is not paused. */
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly reason: string | null;
}

export async function listQueues(sql: Sql): Promise<QueueRow[]> {
  return sql.query<QueueRow>(
    `select job, paused_at as "pausedAt", paused_by as "pausedBy", reason from nightshift.queues order by job`,
  );
}

/** Writes a pause and tells every worker by NOTIFY; one that is there already stays, with its reason. */
export async function writePause(
  sql: Sql,
  { job, by, reason }: { readonly job: string; readonly by?: string; readonly reason?: string },
): Promise<void> {
  await sql.query(
    `insert into nightshift.queues as q (job, paused_at, paused_by, reason) values ($1, now(), $2, $3)
     on conflict (job) do update set paused_at = now(), paused_by = $2, reason = $3 where q.paused_at is null`,
    [job, by ?? null, reason ?? null],
  );
}

/** Ends a pause and tells every worker by NOTIFY. The row stays: it says that the queue is to run. */
export async function writeResume(sql: Sql, job: string): Promise<void> {
  await sql.query(
    `insert into nightshift.queues (job) values ($1)
     on conflict (job) do update set paused_at = null, paused_by = null, reason = null`,
    [job],
  );
}
