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
