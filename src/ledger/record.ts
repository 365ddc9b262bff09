import { cleanJson } from '../core/clean.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Sql } from '../core/sql.ts';
import type { Fence } from './claim.ts';

/** The end of an attempt on its way into the ledger; `nextDelivery` goes with a run that is queued again. */
export interface Ended {
  readonly fence: Fence;
  readonly outcome: Outcome;
  readonly nextDelivery?: string;
}

/**
 * Writes each outcome whose attempt still holds its run, and the history of attempts that a further one
 * follows. Answers in the order of `ended`: false is a refusal, because another attempt or a cancel came first.
 */
export async function recordOutcomes(sql: Sql, ended: readonly Ended[]): Promise<boolean[]> {
  const rows = await sql.query<Fence>(
    `with ended as materialized (
       select * from json_to_recordset($1::json) as e(id uuid, delivery uuid, attempt int, state text, why text,
         result jsonb, artifact jsonb, error jsonb, failures int, losses int, "delayMs" float8, "nextDelivery" uuid)
     ), written as (
       update nightshift.runs r
       set state = e.state, result = e.result, artifact = e.artifact, error = e.error,
         failures = coalesce(e.failures, r.failures), losses = coalesce(e.losses, r.losses),
         run_at = coalesce(now() + e."delayMs" * interval '1 millisecond', r.run_at), delivery = coalesce(e."nextDelivery", r.delivery),
         queued_at = case when e.state = 'queued' then now() else r.queued_at end,
         finished_at = case when e.state = 'queued' then null else now() end
       from ended e
       where r.id = e.id and r.delivery = e.delivery and r.attempt = e.attempt and r.state = 'active'
       returning r.id, e.delivery as held, r.worker, r.started_at, e.attempt, e.why, e.error
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending, error)
       select id, attempt, worker, started_at, why, error from written where why is not null
     )
     select id as run, held as delivery, attempt from written`,
    [cleanJson(ended.map(toRow))],
  );
  const written = new Set(rows.map(nameOf));
  return ended.map(({ fence }) => written.delete(nameOf(fence)));
}

function nameOf({ run, delivery, attempt }: Fence): string {
  return `${run} ${delivery} ${attempt}`;
}

function toRow({ fence: { run, ...fence }, outcome, nextDelivery }: Ended) {
  return { id: run, ...fence, ...outcome, nextDelivery };
}
