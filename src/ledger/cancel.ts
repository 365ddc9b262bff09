import { bulkStates } from '../core/bulk.ts';
import { Failure } from '../core/errors.ts';
import type { Run, RunError } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { leavingGates } from './gate-ways.ts';
import { findRun, requireRunId } from './runs.ts';

/** A run that was cancelled, and the delivery that may still be in its queue. */
export interface CancelledRun {
  readonly id: string;
  readonly job: string;
  readonly delivery: string;
}

/**
 * Ends an unfinished run as cancelled. An active attempt is fenced by it and, in whatever process it is,
 * signalled. Throws `run.missing` or `run.finished`.
 */
export async function cancelRun(
  database: TransactionalSql,
  id: string,
  reason: string,
): Promise<Run> {
  // The answer has the delivery that was cancelled: a moment later a retry may have written the next one.
  return database.transaction(async (tx) => {
    const cancelled = await cancelRuns(tx, [requireRunId(id)], reason);
    const run = await findRun(tx, id);
    if (cancelled.length > 0) return run;
    throw new Failure('run.finished', { id, state: run.state });
  });
}

/** Ends those of the runs that are unfinished, and signals the workers that hold them. */
export async function cancelRuns(
  sql: Sql,
  ids: readonly string[],
  reason: string,
): Promise<CancelledRun[]> {
  const error: RunError = { name: 'Cancel', message: reason };
  return sql.query<CancelledRun>(
    `with unfinished as materialized (
       select id, state from nightshift.runs
       where id = any($1::uuid[]) and state = any($3::text[]) order by id for update
     ), cancelled as (
       update nightshift.runs r set state = 'cancelled', finished_at = now(), error = $2::jsonb
       from unfinished u where r.id = u.id and r.id = any($1::uuid[])
       returning r.id, r.job, r.delivery, r.key, r.gated, u.state as before
     ), ${leavingGates('cancelled')}
     select id, job, delivery, case when before = 'active' then pg_notify('nightshift_cancel', id::text) end
     from cancelled`,
    [ids, JSON.stringify(error), bulkStates.cancel],
  );
}
