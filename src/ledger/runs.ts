import { Failure } from '../core/errors.ts';
import { isFinal, type Run, type RunError, type RunState } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { insertOutbox, newId } from './accept.ts';

const columns = `id, job, version, state, payload, result, error, progress, attempt, failures, losses, priority,
  schedule, delivery, worker, created_at as "createdAt", run_at as "runAt", expires_at as "expiresAt", started_at as "startedAt",
  finished_at as "finishedAt"`;

/** The run, or a `run.missing` failure. */
export async function findRun(sql: Sql, id: string): Promise<Run> {
  const rows = isUuid(id)
    ? await sql.query<Run>(`select ${columns} from nightshift.runs where id = $1`, [id])
    : [];
  if (!rows[0]) throw new Failure('run.missing', { id });
  return rows[0];
}

/** What to list, newest first; `before` is the last id of the page before. */
export interface RunFilter {
  readonly job?: string | undefined;
  readonly state?: RunState | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

export async function listRuns(sql: Sql, { job, state, before, limit }: RunFilter): Promise<Run[]> {
  const unfinished = state !== undefined && !isFinal(state) ? 'and finished_at is null' : '';
  return sql.query<Run>(
    `select ${columns} from nightshift.runs
     where ($1::text is null or job = $1) and ($2::text is null or state = $2)
       and ($3::uuid is null or id < $3) ${unfinished}
     order by id desc limit $4`,
    [job ?? null, state ?? null, before ?? null, limit],
  );
}

/** An attempt that another one followed; the last attempt of a run is the run's own row. */
export interface PastAttempt {
  readonly attempt: number;
  readonly ending: string;
  readonly error: RunError | null;
  readonly worker: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date;
}

export async function listPastAttempts(sql: Sql, run: string): Promise<PastAttempt[]> {
  return sql.query<PastAttempt>(
    `select attempt, ending, error, worker, started_at as "startedAt", ended_at as "endedAt"
     from nightshift.attempts where run_id = $1 order by attempt`,
    [run],
  );
}

/**
 * Ends an unfinished run as cancelled. An active attempt is fenced by it and, in whatever process it is,
 * signalled. Throws `run.missing` or `run.finished`.
 */
export async function cancelRun(sql: Sql, id: string, reason: string): Promise<Run> {
  const error: RunError = { name: 'Cancel', message: reason };
  const rows = await sql.query<Run>(
    `update nightshift.runs set state = 'cancelled', finished_at = now(), error = $2::jsonb
     where id = $1 and state in ('queued', 'active', 'blocked')
     returning ${columns}`,
    [asUuid(id), JSON.stringify(error)],
  );
  if (rows[0]) {
    await sql.query(`select pg_notify('nightshift_cancel', $1)`, [id]);
    return rows[0];
  }
  throw new Failure('run.finished', { id, state: (await findRun(sql, id)).state });
}

/** Queues a failed, cancelled or expired run again, as its next attempt. Throws `run.missing` or `run.unfinished`. */
export async function retryRun(database: TransactionalSql, id: string): Promise<Run> {
  return database.transaction(async (tx) => {
    const before = await findRun(tx, asUuid(id));
    const rows = await tx.query<Run>(
      `with history as (
         insert into nightshift.attempts (run_id, attempt, worker, started_at, ended_at, ending, error)
         select id, attempt, worker, started_at, finished_at, state, error from nightshift.runs
         where id = $1 and attempt > 0 and state in ('failed', 'cancelled', 'expired')
         on conflict do nothing
       )
       update nightshift.runs set state = 'queued', delivery = $2, run_at = now(), expires_at = null, queued_at = now(),
         failures = 0, losses = 0, error = null, progress = null, started_at = null, finished_at = null
       where id = $1 and state in ('failed', 'cancelled', 'expired')
       returning ${columns}`,
      [id, newId()],
    );
    if (!rows[0]) throw new Failure('run.unfinished', { id, state: before.state });
    await insertOutbox(tx, rows);
    return rows[0];
  });
}

function asUuid(id: string): string {
  if (!isUuid(id)) throw new Failure('run.missing', { id });
  return id;
}

function isUuid(id: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}
