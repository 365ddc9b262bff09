import { v7 } from 'uuid';
import { cleanJson } from '../core/clean.ts';
import type { Sql } from '../core/sql.ts';

/** A run on its way into the ledger. `id` and `delivery` are uuidv7 of ours. */
export interface NewRun {
  readonly id: string;
  readonly delivery: string;
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  readonly priority: number;
  /** Milliseconds until it may run, by Postgres's clock. Absent: it may now. */
  readonly delayMs?: number;
  /** Milliseconds, from when it may run, after which it does not begin any more. Absent: it always may. */
  readonly expiresMs?: number;
  readonly schedule?: string;
  /** The run that this one replays. */
  readonly replayOf?: string;
}

/** A new uuidv7: run ids carry their time, which is what the partitions go by. */
export function newId(): string {
  return v7();
}

const insert = `insert into nightshift.runs (id, delivery, job, version, state, payload, priority, schedule, replay_of, run_at, expires_at)
  select id, delivery, job, version, 'queued', coalesce(payload, 'null'), priority, schedule, "replayOf",
    now() + coalesce("delayMs", 0) * interval '1 millisecond',
    now() + (coalesce("delayMs", 0) + "expiresMs") * interval '1 millisecond'
  from json_to_recordset($1::json) as run(id uuid, delivery uuid, job text, version int, payload jsonb,
    priority int, schedule text, "replayOf" uuid, "delayMs" float8, "expiresMs" float8)`;

/** Writes the runs in one statement. Doing it again after an unknown commit changes nothing. */
export async function insertRuns(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  await sql.query(`${insert} on conflict (id) do nothing`, [cleanJson(runs)]);
}

/**
 * Writes the runs and leaves their dispatch to the relay, in one statement, so that it is all or nothing on a
 * connection without a transaction, too. It takes the right to insert into both tables, and no other.
 */
export async function acceptRuns(tx: Sql, runs: readonly NewRun[]): Promise<void> {
  await tx.query(
    `with accepted as (${insert})
     insert into nightshift.outbox (run_id, delivery) select id, delivery
     from json_to_recordset($1::json) as run(id uuid, delivery uuid)`,
    [cleanJson(runs)],
  );
}

/** Leaves the dispatch of these runs to the relay; commits with whatever else is in `sql`'s transaction. */
export async function insertOutbox(
  sql: Sql,
  rows: readonly { readonly id: string; readonly delivery: string }[],
): Promise<void> {
  await sql.query(
    `insert into nightshift.outbox (run_id, delivery, unchecked_job)
     select run, delivery, (select r.job from nightshift.runs r where r.id = run and r.unchecked)
     from unnest($1::uuid[], $2::uuid[]) as posted(run, delivery)
     on conflict (run_id) do update set delivery = excluded.delivery, leased_until = '-infinity',
       unchecked_job = excluded.unchecked_job`,
    [rows.map(({ id }) => id), rows.map(({ delivery }) => delivery)],
  );
}
