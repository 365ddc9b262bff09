import { cleanJson } from '../core/clean.ts';
import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { type Dispatchable, delayMs, priority } from './dispatchable.ts';
import { enteringGates } from './gate-ways.ts';

/** A row of the outbox that this relay has for 10 s; `run` is undefined when its run has moved on. */
export interface Leased {
  readonly id: string;
  readonly delivery: string;
  readonly run: Dispatchable | undefined;
  /** True when the run was accepted by SQL and nobody has checked its payload. */
  readonly unchecked: boolean;
}

type LeasedRow = Dispatchable & { readonly unchecked: boolean; readonly queued: boolean };

/**
 * Takes up to `limit` rows of the outbox for 10 s, in order of arrival. A relay that is slower than that
 * does no harm: another adds the same deliveries, and a run begins once. Unchecked runs of jobs that are not
 * among `jobs` are left to a relay that knows them.
 */
export async function leaseOutbox(
  sql: Sql,
  { jobs, limit }: { readonly jobs: readonly string[]; readonly limit: number },
): Promise<Leased[]> {
  const rows = await sql.query<LeasedRow>(
    `with leased as (
       update nightshift.outbox set leased_until = now() + interval '10 seconds'
       where ctid = any(array(
         select ctid from nightshift.outbox
         where leased_until < now() and (unchecked_job is null or unchecked_job = any($2::text[]))
         order by added_at, run_id limit $1 for update skip locked))
       returning run_id, delivery, added_at
     )
     select l.run_id as id, l.delivery, r.job, ${priority}, ${delayMs}, r.unchecked,
       coalesce(r.uniqueness ->> 'rule' <> 'unique', false) or r.failures + r.losses > 0 as alone,
       r.losses > 0 as "isFirst",
       r.id is not null as queued
     from leased l left join nightshift.runs r on r.id = l.run_id and r.delivery = l.delivery and r.state = 'queued'
     order by l.added_at, l.run_id`,
    [limit, jobs],
  );
  return rows.map(({ queued, unchecked, ...run }) => ({
    id: run.id,
    delivery: run.delivery,
    run: queued ? run : undefined,
    unchecked: queued && unchecked,
  }));
}

/** A row of the outbox by what names it: the run, and the delivery it was to have. */
type Posted = Pick<Leased, 'id' | 'delivery'>;

/** Strikes off what the queue has taken, and what needs no dispatch any more. */
export async function clearOutbox(sql: Sql, rows: readonly Posted[]): Promise<void> {
  await sql.query(
    `delete from nightshift.outbox o using unnest($1::uuid[], $2::uuid[]) as taken(run, delivery)
     where o.run_id = taken.run and o.delivery = taken.delivery`,
    columnsOf(rows),
  );
}

/** Gives leased rows back to the next relay, when the queue did not take them. */
export async function releaseOutbox(sql: Sql, rows: readonly Posted[]): Promise<void> {
  await sql.query(
    `update nightshift.outbox o set leased_until = '-infinity'
     from unnest($1::uuid[], $2::uuid[]) as kept(run, delivery)
     where o.run_id = kept.run and o.delivery = kept.delivery`,
    columnsOf(rows),
  );
}

function columnsOf(rows: readonly Posted[]): string[][] {
  return [rows.map(({ id }) => id), rows.map(({ delivery }) => delivery)];
}

/** What SQL accepted a run with. */
export interface Posting {
  readonly payload: unknown;
  readonly key: string | null;
}

/** What these runs were accepted with, by id. */
export async function listPostings(
  sql: Sql,
  ids: readonly string[],
): Promise<Map<string, Posting>> {
  const rows = await sql.query<Posting & { id: string }>(
    `select id, payload, key from nightshift.runs where id = any($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * What the check of a run that was accepted by SQL came to: it is dispatched, it waits at the gate of its job, or it
 * ends with `error`.
 */
export interface Checked extends Posted {
  readonly payload?: unknown;
  readonly version?: number;
  /** As its job says; what the run was accepted with is stronger. */
  readonly expiresMs?: number;
  readonly key?: string;
  readonly gated?: boolean;
  readonly error?: RunError;
}

/**
 * Writes what the checks came to. Answers the ids of the runs that were still waiting for it. One that somebody's
 * transaction holds, as it debounces the run, is left alone.
 */
export async function recordChecks(sql: Sql, checks: readonly Checked[]): Promise<Set<string>> {
  const rows = await sql.query<{ id: string }>(
    `with c as materialized (
       select c.* from jsonb_to_recordset($1::jsonb) as c(id uuid, delivery uuid, payload jsonb, version int,
         "expiresMs" float8, key text, gated boolean, error jsonb)
       join nightshift.runs r on r.id = c.id
       where r.delivery = c.delivery and r.state = 'queued' for update of r skip locked
     ), checked as (
       update nightshift.runs r
       set unchecked = c.error is not null, payload = coalesce(c.payload, r.payload),
         version = coalesce(c.version, r.version), error = c.error,
         expires_at = coalesce(r.expires_at, r.run_at + c."expiresMs" * interval '1 millisecond'),
         state = case when c.error is not null then 'failed' when c.gated then 'blocked' else 'queued' end,
         key = coalesce(c.key, r.key), gated = coalesce(c.gated, false),
         finished_at = case when c.error is null then null else now() end
       from c where r.id = c.id
       returning r.id, r.job, r.key, r.state, r.run_at, r.priority
     ), ${enteringGates('checked')}
     select id from checked`,
    [cleanJson(checks)],
  );
  return new Set(rows.map(({ id }) => id));
}
