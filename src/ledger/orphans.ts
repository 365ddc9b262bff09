import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { insertOutbox } from './accept.ts';
import { type Dispatchable, dispatchable } from './dispatchable.ts';
import { leavingGates } from './gate-ways.ts';
import { newDelivery } from './ids.ts';
import { isProvenDead, type Silence } from './workers.ts';

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
      runs.map(() => newDelivery()),
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

/** Active runs with ids after `after` that one of these dead workers holds, oldest first. */
export async function listOrphans(
  sql: Sql,
  workers: readonly string[],
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Orphan[]> {
  return sql.query<Orphan>(
    `select r.id, r.delivery, r.attempt, r.worker, r.losses from nightshift.runs r
     where r.finished_at is null and r.state = 'active' and r.worker = any($1::uuid[]) and r.id > $2
     order by r.id limit $3`,
    [workers, after, limit],
  );
}

/** Runs that waited in bundles which one of these dead workers had in hand, as it last said, and never began. */
export async function listLeftWaiting(
  sql: Sql,
  workers: readonly string[],
): Promise<Dispatchable[]> {
  return sql.query<Dispatchable>(
    `select ${dispatchable} from nightshift.runs r
     where r.id = any(array(select unnest(w.in_hand) from nightshift.workers w where w.id = any($1::uuid[])))
       and r.finished_at is null and r.state = 'queued'`,
    [workers],
  );
}

/**
 * Ends the attempts of dead workers: each run is queued with a new delivery for the relay, or, where
 * `error` is given, set aside as failed. One that was heard of meanwhile keeps its runs, and a row that another
 * transaction holds waits for the next pass. Answers how many.
 */
export async function endOrphans(
  tx: Sql,
  orphans: readonly (Orphan & { readonly error?: RunError })[],
  { detectionMs, longestGapMs }: Silence,
): Promise<number> {
  const rows = await tx.query<{ id: string; delivery: string; state: string }>(
    `with orphans as materialized (
       select o.id, o.next, o.error
       from jsonb_to_recordset($1::jsonb) as o(id uuid, delivery uuid, attempt int, worker uuid, next uuid, error jsonb)
       join nightshift.runs r on r.id = o.id and r.delivery = o.delivery and r.attempt = o.attempt
       join nightshift.workers w on w.id = o.worker and ${isProvenDead('w', '$2', '$3')}
       where r.state = 'active' order by r.id for update of r skip locked
     ), ended as (
       update nightshift.runs r set losses = r.losses + 1, error = o.error, queued_at = now(),
         state = case when o.error is null then 'queued' else 'failed' end,
         delivery = case when o.error is null then o.next else r.delivery end,
         finished_at = case when o.error is null then null else now() end
       from orphans o where r.id = o.id
       returning r.id, r.delivery, r.state, r.attempt, r.worker, r.started_at, r.job, r.key, r.gated
     ), abandoned as (
       select * from ended where state = 'failed'
     ), ${leavingGates('abandoned')}, history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending)
       select id, attempt, worker, started_at, 'lost' from ended on conflict do nothing
     )
     select id, delivery, state from ended`,
    [
      JSON.stringify(orphans.map((orphan) => ({ ...orphan, next: newDelivery() }))),
      detectionMs,
      longestGapMs,
    ],
  );
  const queued = rows.filter(({ state }) => state === 'queued');
  if (queued.length > 0) await insertOutbox(tx, queued);
  return rows.length;
}

/** The id of the `count`th unfinished run after `from`, or undefined: there are not so many. */
export async function findUnfinished(
  sql: Sql,
  from: string,
  count: number,
): Promise<string | undefined> {
  const rows = await sql.query<{ id: string }>(
    `select id from nightshift.runs where finished_at is null and id > $1 order by id offset $2 limit 1`,
    [from, count - 1],
  );
  return rows[0]?.id;
}

/**
 * Active runs with ids after `from` and up to `to` that their worker, which lives, does not have in hand: it
 * said so with a heartbeat `detectionMs` or more after it had begun them. Oldest first.
 */
export async function listStray(
  sql: Sql,
  {
    from,
    to,
    detectionMs,
  }: { readonly from: string; readonly to: string; readonly detectionMs: number },
): Promise<Stray[]> {
  return sql.query<Stray>(
    `select r.id as run, r.delivery, r.worker from nightshift.runs r join nightshift.workers w on w.id = r.worker
     where r.finished_at is null and r.state = 'active' and r.id > $1 and r.id <= $2
       and w.stopped_at is null and w.in_hand is not null and not r.id = any(w.in_hand)
       and r.started_at <= w.heartbeat_at - $3 * interval '1 millisecond'
     order by r.id limit 1000`,
    [from, to, detectionMs],
  );
}

/** An active run that nobody is at work on. */
export interface Stray extends Doubtful {
  readonly worker: string;
}
