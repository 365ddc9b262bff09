import type { Sql } from '../core/sql.ts';
import { insertOutbox } from './accept.ts';
import { newDelivery } from './ids.ts';

/** A queued run that the queue should hear of. */
export interface Dispatchable {
  readonly id: string;
  readonly job: string;
  readonly delivery: string;
  readonly priority: number;
  /** Milliseconds until it may run, by Postgres's clock; 0 when it may now. */
  readonly delayMs: number;
  /** True of a run that failed or lost a worker before: it takes no other with it. */
  readonly alone?: boolean;
  /** True of a run that lost a worker: it had its turn, and does not stand in line again. */
  readonly isFirst?: boolean;
}

/** The column that says how long a run has to wait. */
export const delayMs = `greatest(0, ceil(extract(epoch from r.run_at - now()) * 1000))::float8 as "delayMs"`;

/** The column of a run's priority in its queue: what a gate let go has had its turn, and overtakes nothing. */
export const priority = `case when r.gated then 0 else r.priority end as priority`;

/** The columns of `nightshift.runs r` that make a `Dispatchable`. */
export const dispatchable = `r.id, r.job, r.delivery, ${priority}, ${delayMs}`;

/** Queued runs after the id `after` whose delivery was written more than `ms` ago, oldest first. */
export async function listOverdue(
  sql: Sql,
  after: string,
  { ms, limit }: { readonly ms: number; readonly limit: number },
): Promise<Overdue[]> {
  return sql.query<Overdue>(
    `select ${dispatchable}, extract(epoch from now() - r.queued_at)::float8 * 1000 as "queuedMs",
       r.run_at > r.queued_at and r.run_at <= now() - $3 * interval '1 millisecond' as overslept
     from nightshift.runs r
     where r.finished_at is null and r.state = 'queued' and r.id > $1
       and r.queued_at <= now() - $3 * interval '1 millisecond'
       and not exists (select from nightshift.outbox o where o.run_id = r.id)
     order by r.id limit $2`,
    [after, limit, ms],
  );
}

/** A run that the queue should know for a while. */
export interface Overdue extends Dispatchable {
  /** Milliseconds since its delivery was written. */
  readonly queuedMs: number;
  /** It was put off, and its time came more than `ms` ago: the queue should delay it no longer. */
  readonly overslept: boolean;
}

/**
 * Writes a new delivery for runs that the queue has lost and leaves them to the relay. A row that another transaction
 * holds is being claimed, ended or debounced: it is left alone. Answers how many.
 */
export async function redeliver(tx: Sql, runs: readonly Dispatchable[]): Promise<number> {
  const rows = await tx.query<{ id: string; delivery: string }>(
    `with lost as (
       select r.id, lost.next from nightshift.runs r
       join unnest($1::uuid[], $2::uuid[], $3::uuid[]) as lost(id, delivery, next)
         on r.id = lost.id and r.delivery = lost.delivery
       where r.state = 'queued' order by r.id for update of r skip locked
     )
     update nightshift.runs r set delivery = lost.next, queued_at = now() from lost where r.id = lost.id
     returning r.id, r.delivery`,
    [runs.map(({ id }) => id), runs.map(({ delivery }) => delivery), runs.map(() => newDelivery())],
  );
  if (rows.length > 0) await insertOutbox(tx, rows);
  return rows.length;
}

/** A run that goes by another delivery from now on. */
export interface Renewal {
  readonly id: string;
  readonly delivery: string;
  readonly next: string;
}

/**
 * Writes the next delivery of those of the runs that still wait for the one they have, and into their rows of the
 * outbox, where they have one. Answers them as they are to be dispatched.
 */
export async function renewDeliveries(
  sql: Sql,
  renewals: readonly Renewal[],
): Promise<Dispatchable[]> {
  return sql.query<Dispatchable>(
    `with renewals as materialized (
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as renewal(id, delivery, next)
     ), renewed as (
       update nightshift.runs r set delivery = n.next, queued_at = now() from renewals n
       where r.id = n.id and r.delivery = n.delivery and r.state = 'queued'
       returning ${dispatchable}, n.delivery as before
     ), posted as (
       update nightshift.outbox o set delivery = renewed.delivery from renewed
       where o.run_id = renewed.id and o.delivery = renewed.before
     )
     select id, job, delivery, priority, "delayMs" from renewed`,
    [
      renewals.map(({ id }) => id),
      renewals.map(({ delivery }) => delivery),
      renewals.map(({ next }) => next),
    ],
  );
}
