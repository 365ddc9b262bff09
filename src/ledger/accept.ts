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
  /** Absent: now, by Postgres's clock. */
  readonly runAt?: Date;
  readonly schedule?: string;
}

/** A new uuidv7: run ids carry their time, which is what the partitions go by. */
export function newId(): string {
  return v7();
}

/** Writes the runs in one statement. Doing it again after an unknown commit changes nothing. */
export async function insertRuns(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  await sql.query(
    `insert into nightshift.runs (id, delivery, job, version, state, payload, priority, schedule, run_at)
     select id, delivery, job, version, 'queued', payload, priority, schedule, coalesce("runAt", now())
     from json_to_recordset($1::json) as run(id uuid, delivery uuid, job text, version int, payload jsonb,
       priority int, schedule text, "runAt" timestamptz)
     on conflict (id) do nothing`,
    [cleanJson(runs)],
  );
}

/** Leaves the dispatch of these runs to the relay; commits with whatever else is in `sql`'s transaction. */
export async function insertOutbox(
  sql: Sql,
  rows: readonly { readonly id: string; readonly delivery: string }[],
): Promise<void> {
  await sql.query(
    `insert into nightshift.outbox (run_id, delivery)
     select * from unnest($1::uuid[], $2::uuid[])
     on conflict (run_id) do update set delivery = excluded.delivery, leased_until = '-infinity'`,
    [rows.map(({ id }) => id), rows.map(({ delivery }) => delivery)],
  );
}
