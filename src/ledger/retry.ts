import { bulkStates } from '../core/bulk.ts';
import { Failure } from '../core/errors.ts';
import { isFinal, type Run } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { insertOutbox } from './accept.ts';
import { enteringGates } from './gate-ways.ts';
import { newDelivery } from './ids.ts';
import { findRun } from './runs.ts';
import { retakeKeys } from './unique-keys.ts';

/** A run to be tried again, not before `runAt`. */
export interface Retry {
  readonly id: string;
  /** Absent, or gone by: now. */
  readonly runAt?: Date;
}

/**
 * Queues a failed, cancelled or expired run again, as its next attempt. Throws `run.missing`, `run.unfinished`, or
 * `unique.taken` when another run has its unique key now.
 */
export async function retryRun(database: TransactionalSql, id: string): Promise<Run> {
  return database.transaction(async (tx) => {
    const before = await findRun(tx, id);
    const taken = isFinal(before.state) ? (await retakeKeys(tx, [id])).get(id) : undefined;
    if (taken) throw new Failure('unique.taken', { id, ...taken });
    if ((await queueAgain(tx, [{ id }])) === 0)
      throw new Failure('run.unfinished', { id, state: before.state });
    return findRun(tx, id);
  });
}

/**
 * Queues those of the runs again that are failed, cancelled or expired, each as its next attempt, and leaves them
 * to the relay, those of jobs with limits to their gates. Remembered steps stay; children that had failed it are
 * looked at afresh. A run whose unique key another has stays as it is. Answers how many.
 */
export async function retryRuns(tx: Sql, retries: readonly Retry[]): Promise<number> {
  const taken = await retakeKeys(
    tx,
    retries.map(({ id }) => id),
  );
  return queueAgain(
    tx,
    retries.filter(({ id }) => !taken.has(id)),
  );
}

async function queueAgain(tx: Sql, retries: readonly Retry[]): Promise<number> {
  const ids = retries.map(({ id }) => id);
  await holdGates(tx, ids);
  const rows = await tx.query<{ id: string; delivery: string; gated: boolean }>(
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
     ), afresh as (
       update nightshift.waits w set answer = null, began_at = now(), until = now() + (w.until - w.began_at)
       from ended where w.run_id = ended.id and w.kind = 'children' and w.answer is not null
     ), waiting as (
       update nightshift.runs r set state = case when r.gated then 'blocked' else 'queued' end, delivery = ended.delivery,
         run_at = greatest(now(), ended.run_at), expires_at = null, queued_at = now(), failures = 0, losses = 0,
         error = null, progress = null, started_at = null, finished_at = null
       from ended where r.id = ended.id and r.id = any($1::uuid[])
       returning r.id, r.delivery, r.job, r.key, r.state, r.gated, r.run_at, r.priority
     ), ${enteringGates('waiting')}
     select id, delivery, gated from waiting`,
    [
      ids,
      retries.map(() => newDelivery()),
      retries.map(({ runAt }) => runAt ?? null),
      bulkStates.retry,
    ],
  );
  const free = rows.filter(({ gated }) => !gated);
  if (free.length > 0) await insertOutbox(tx, free);
  return rows.length;
}

/** Keeps passes over the gates of these runs away, which may be about to let go of what the runs held before. */
async function holdGates(tx: Sql, ids: readonly string[]): Promise<void> {
  await tx.query(
    `select from nightshift.gates where job = any(array(
       select distinct r.job from nightshift.runs r where r.id = any($1::uuid[]) and r.gated))
     order by job for update`,
    [ids],
  );
}
