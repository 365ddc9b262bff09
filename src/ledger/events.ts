import { cleanJson } from '../core/clean.ts';
import type { Sql } from '../core/sql.ts';

/** Something that happened, for the runs that wait for it. */
export interface SentEvent {
  readonly name: string;
  readonly key?: string;
  readonly payload: unknown;
}

/** Wakes every run that waits for the event; one that nobody waits for is kept. Answers how many it woke. */
export async function sendEventRow(sql: Sql, { name, key, payload }: SentEvent): Promise<number> {
  const [row] = await sql.query<{ woken: number }>(
    `select nightshift.send_event($1, $2::jsonb, $3) as woken`,
    [name, cleanJson(payload ?? null), key ?? null],
  );
  return row!.woken;
}

/**
 * Answers a wait by the oldest event that was kept for it, if there is one; the event is gone then. Like everybody it
 * locks the event before the wait, and waits for whoever looks at the event.
 */
export async function takeKeptEvent(
  tx: Sql,
  { run, name }: { readonly run: string; readonly name: string },
): Promise<{ readonly payload: unknown } | undefined> {
  const [wait] = await tx.query<{ event: string; key: string | null }>(
    `select event, key from nightshift.waits where run_id = $1 and name = $2 and answer is null`,
    [run, name],
  );
  if (!wait) return undefined;
  const kept = `from nightshift.events
    where name = $1 ${wait.key === null ? 'and $2::text is null' : 'and key = $2'} and kept_until > now()`;
  const [row] = await tx.query<{ answer: { readonly payload: unknown } }>(
    `with oldest as materialized (
       select id, payload ${kept} order by id limit 1 for update
     ), answered as (
       update nightshift.waits w set answer = jsonb_build_object('payload', oldest.payload)
       from oldest where w.run_id = $3 and w.name = $4 and w.answer is null returning w.answer
     ), gone as (
       delete from nightshift.events e using oldest, answered where e.id = oldest.id
     )
     select answer from answered`,
    [wait.event, wait.key, run, name],
  );
  if (row) return row.answer;
  // Somebody else took the oldest meanwhile: there may be another.
  const [another] = await tx.query(`select ${kept} limit 1`, [wait.event, wait.key]);
  return another && takeKeptEvent(tx, { run, name });
}

/**
 * Looks once more for somebody who waits for an event: whoever came while its sender had not committed saw no
 * event, and the sender did not see him. Answers how many events were looked at.
 */
export async function checkKeptEvents(tx: Sql, limit: number): Promise<number> {
  const rows = await tx.query<{ id: string; woken: number }>(
    `with unchecked as materialized (
       select id, name, key, payload from nightshift.events where not checked order by id limit $1 for update skip locked
     ), matched as materialized (
       select id, nightshift.answer_waits(name, payload, key) as woken from unchecked
     ), gone as (
       delete from nightshift.events e using matched where e.id = matched.id and matched.woken > 0
     ), stays as (
       update nightshift.events e set checked = true from matched where e.id = matched.id and matched.woken = 0
     )
     select id, woken from matched`,
    [limit],
  );
  return rows.length;
}

/** Forgets events that nobody came for in time. Answers how many. */
export async function forgetEvents(sql: Sql): Promise<number> {
  const rows = await sql.query(
    `delete from nightshift.events where kept_until <= now() returning id`,
  );
  return rows.length;
}
