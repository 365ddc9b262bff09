import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { insertOutbox, newId } from './accept.ts';

/** A queued run that the queue should hear of. */
export interface Dispatchable {
  readonly id: string;
  readonly job: string;
  readonly delivery: string;
  readonly priority: number;
  /** Milliseconds until it may run, by Postgres's clock; 0 when it may now. */
  readonly delayMs: number;
}

/** The column that says how long a run has to wait. */
export const delayMs = `greatest(0, ceil(extract(epoch from r.run_at - now()) * 1000))::float8 as "delayMs"`;

const dispatchable = `r.id, r.job, r.delivery, r.priority, ${delayMs}`;

/** Queued runs after the id `after` whose delivery was written more than 10 s ago, oldest first. */
export async function listOverdue(sql: Sql, after: string, limit: number): Promise<Dispatchable[]> {
  return sql.query<Dispatchable>(
    `select ${dispatchable} from nightshift.runs r
     where r.finished_at is null and r.state = 'queued' and r.id > $1
       and r.queued_at < now() - interval '10 seconds'
       and not exists (select from nightshift.outbox o where o.run_id = r.id)
     order by r.id limit $2`,
    [after, limit],
  );
}

/** Writes a new delivery for runs that the queue has lost and leaves them to the relay. Answers how many. */
export async function redeliver(tx: Sql, runs: readonly Dispatchable[]): Promise<number> {
  const rows = await tx.query<{ id: string; delivery: string }>(
    `update nightshift.runs r set delivery = lost.next, queued_at = now()
     from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as lost(id, delivery, next)
     where r.id = lost.id and r.delivery = lost.delivery and r.state = 'queued'
     returning r.id, r.delivery`,
    [runs.map(({ id }) => id), runs.map(({ delivery }) => delivery), runs.map(() => newId())],
  );
  if (rows.length > 0) await insertOutbox(tx, rows);
  return rows.length;
}

/** A run that a worker may hold without knowing: the answer to its claim or its outcome got lost. */
export interface Doubtful {
  readonly run: string;
  readonly delivery: string;
}

/** Queues those of `runs` that `worker` does hold, with a new delivery for the relay. */
export async function giveBackDoubtful(
  tx: Sql,
  worker: string,
  runs: readonly Doubtful[],
): Promise<void> {
  const rows = await tx.query<{ id: string; delivery: string }>(
    `update nightshift.runs r set state = 'queued', delivery = doubtful.next, queued_at = now()
     from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as doubtful(id, delivery, next)
     where r.id = doubtful.id and r.delivery = doubtful.delivery and r.state = 'active' and r.worker = $1
     returning r.id, r.delivery`,
    [
      worker,
      runs.map(({ run }) => run),
      runs.map(({ delivery }) => delivery),
      runs.map(() => newId()),
    ],
  );
  if (rows.length > 0) await insertOutbox(tx, rows);
}

/** An active run whose worker is dead. */
export interface Orphan {
  readonly id: string;
  readonly delivery: string;
  readonly attempt: number;
  readonly worker: string;
  /** Losses before this one. */
  readonly losses: number;
}

/** Active runs that one of these dead workers holds. */
export async function listOrphans(
  sql: Sql,
  workers: readonly string[],
  limit: number,
): Promise<Orphan[]> {
  return sql.query<Orphan>(
    `select r.id, r.delivery, r.attempt, r.worker, r.losses from nightshift.runs r
     where r.finished_at is null and r.state = 'active' and r.worker = any($1::uuid[])
     order by r.id limit $2`,
    [workers, limit],
  );
}

/**
 * Ends the attempts of dead workers: each run is queued with a new delivery for the relay, or, where
 * `error` is given, set aside as failed. Answers how many.
 */
export async function endOrphans(
  tx: Sql,
  orphans: readonly (Orphan & { readonly error?: RunError })[],
): Promise<number> {
  const rows = await tx.query<{ id: string; delivery: string; state: string }>(
    `with orphans as materialized (
       select * from json_to_recordset($1::json) as o(id uuid, delivery uuid, attempt int, next uuid, error jsonb)
     ), ended as (
       update nightshift.runs r set losses = r.losses + 1, error = o.error, queued_at = now(),
         state = case when o.error is null then 'queued' else 'failed' end,
         delivery = case when o.error is null then o.next else r.delivery end,
         finished_at = case when o.error is null then null else now() end
       from orphans o
       where r.id = o.id and r.delivery = o.delivery and r.attempt = o.attempt and r.state = 'active'
       returning r.id, r.delivery, r.state, r.attempt, r.worker, r.started_at
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending)
       select id, attempt, worker, started_at, 'lost' from ended on conflict do nothing
     )
     select id, delivery, state from ended`,
    [JSON.stringify(orphans.map((orphan) => ({ ...orphan, next: newId() })))],
  );
  const queued = rows.filter(({ state }) => state === 'queued');
  if (queued.length > 0) await insertOutbox(tx, queued);
  return rows.length;
}
