import { bulkStates } from '../core/bulk.ts';
import { Failure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { insertOutbox, newId } from './accept.ts';
import { findRun } from './runs.ts';

/** A run to be tried again, not before `runAt`. */
export interface Retry {
  readonly id: string;
  /** Absent, or gone by: now. */
  readonly runAt?: Date;
}

/** Queues a failed, cancelled or expired run again, as its next attempt. Throws `run.missing` or `run.unfinished`. */
export async function retryRun(database: TransactionalSql, id: string): Promise<Run> {
  return database.transaction(async (tx) => {
    const before = await findRun(tx, id);
    if ((await retryRuns(tx, [{ id }])) === 0)
      throw new Failure('run.unfinished', { id, state: before.state });
    return findRun(tx, id);
  });
}

/**
 * Queues those of the runs again that are failed, cancelled or expired, each as its next attempt, and leaves them
 * to the relay. Remembered steps stay. Answers how many.
 */
export async function retryRuns(tx: Sql, retries: readonly Retry[]): Promise<number> {
  const rows = await tx.query<{ id: string; delivery: string }>(
    `with again as materialized (
       select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as again(id, delivery, run_at)
     ), ended as materialized (
       select r.id, r.attempt, r.worker, r.started_at, r.finished_at, r.state, r.error, again.delivery, again.run_at
       from nightshift.runs r join again on again.id = r.id
       where r.id = any($1::uuid[]) and r.state = any($4::text[])
       order by r.id for update of r
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ended_at, ending, error)
       select id, attempt, worker, started_at, finished_at, state, error from ended where attempt > 0
       on conflict do nothing
     )
     update nightshift.runs r set state = 'queued', delivery = ended.delivery,
       run_at = greatest(now(), ended.run_at), expires_at = null, queued_at = now(), failures = 0, losses = 0,
       error = null, progress = null, started_at = null, finished_at = null
     from ended where r.id = ended.id and r.id = any($1::uuid[])
     returning r.id, r.delivery`,
    [
      retries.map(({ id }) => id),
      retries.map(() => newId()),
      retries.map(({ runAt }) => runAt ?? null),
      bulkStates.retry,
    ],
  );
  if (rows.length > 0) await insertOutbox(tx, rows);
  return rows.length;
}
