import { cleanJson } from '../core/clean.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Sql } from '../core/sql.ts';
import { arrayOf } from '../db/index.ts';
import type { Fence } from './claim.ts';
import { allWeeks, isInReach } from './weeks.ts';

/** The end of an attempt on its way into the ledger; `nextDelivery` goes with a run that is queued again. */
export interface Ended {
  readonly fence: Fence;
  readonly outcome: Outcome;
  readonly nextDelivery?: string;
}

/** The attempt that ends still holds its run. */
const isHeld = `r.id = e.id and r.delivery = e.delivery and r.attempt = e.attempt and r.state = 'active'`;
/** Tells the control planes of the end of a schedule's run where firings wait for it. */
const tellFirings = (run: string) => `case when ${run}.schedule is not null and exists (
         select from nightshift.firings f where f.schedule = ${run}.schedule and f.state = 'waiting')
       then pg_notify('nightshift_schedules', ${run}.schedule) end`;

/** A run that has ended well, with nothing more to say than its result: by far the most. */
export interface PlainSuccess extends Ended {
  readonly outcome: Extract<Outcome, { state: 'succeeded' }> & { readonly artifact?: never };
}

export function isPlainSuccess(ended: Ended): ended is PlainSuccess {
  return ended.outcome.state === 'succeeded' && !ended.outcome.artifact;
}

/** `recordOutcomes` for plain successes alone, at two thirds of its cost. */
export async function recordSuccesses(
  sql: Sql,
  ended: readonly PlainSuccess[],
  table = allWeeks,
): Promise<boolean[]> {
  const rows = await sql.query<Placed>(
    `update ${table} r set state = 'succeeded', result = e.result, artifact = null, error = null, finished_at = now()
     from unnest($1::uuid[], $2::uuid[], $3::int[], $4::jsonb[]) with ordinality as e(id, delivery, attempt, result, place)
     where ${isHeld} and ${isInReach(table)}
     returning e.place, ${tellFirings('r')}`,
    [
      arrayOf(ended.map(({ fence }) => fence.run)),
      arrayOf(ended.map(({ fence }) => fence.delivery)),
      arrayOf(ended.map(({ fence }) => fence.attempt)),
      ended.map(({ outcome }) => toJson(outcome.result)),
    ],
  );
  return answersOf(ended, rows);
}

/**
 * Writes each outcome whose attempt still holds its run, and the history of attempts that a further one
 * follows. A run of a job with limits waits at its gate for a retry, or after a
 * snooze or a sleep: it gives up its slot. Answers in the order of `ended`: false is a refusal, because another attempt or a cancel came first.
 * Where firings wait for the end of a schedule's run, the control planes are told of it.
 */
export async function recordOutcomes(
  sql: Sql,
  ended: readonly Ended[],
  table = allWeeks,
): Promise<boolean[]> {
  const rows = await sql.query<Placed>(
    `with ended as materialized (
       select * from jsonb_to_recordset($1::jsonb) as e(place int, id uuid, delivery uuid, attempt int, state text, why text,
         result jsonb, artifact jsonb, error jsonb, failures int, losses int, "delayMs" float8, "nextDelivery" uuid)
     ), written as (
       update ${table} r
       set state = case when r.gated and e.why in ('retry', 'snooze', 'waiting') then 'blocked' else e.state end, result = e.result, artifact = e.artifact, error = e.error,
         failures = coalesce(e.failures, r.failures), losses = coalesce(e.losses, r.losses),
         run_at = coalesce(now() + e."delayMs" * interval '1 millisecond', r.run_at), delivery = coalesce(e."nextDelivery", r.delivery),
         queued_at = case when e.state = 'queued' then now() else r.queued_at end,
         finished_at = case when e.state in ('queued', 'blocked') then null else now() end
       from ended e
       where ${isHeld} and ${isInReach(table)}
       returning e.place, r.id, r.worker, r.started_at, e.attempt, e.why, e.error, r.state, r.finished_at, r.schedule
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending, error)
       select id, attempt, worker, started_at, why, error from written where why is not null
     )${ended.some(({ outcome }) => outcome.state === 'blocked') ? watchBlocked : ''}
     select place, case when finished_at is not null then ${tellFirings('written')} end from written`,
    [cleanJson(ended.map(toRow))],
  );
  return answersOf(ended, rows);
}

/** What was written of a batch: its place there, from 1. */
interface Placed {
  readonly place: number;
}

function answersOf(ended: readonly Ended[], written: readonly Placed[]): boolean[] {
  const answers = Array<boolean>(ended.length).fill(false);
  for (const { place } of written) answers[place - 1] = true;
  return answers;
}

/** Null of what has no JSON, or is null: as a field of an object would come to. */
function toJson(result: unknown): string | null {
  const json = cleanJson([result]).slice(1, -1);
  return json === 'null' ? null : json;
}

/** What a run waits for may have come before it was blocked; its patience counts from now on. */
const watchBlocked = `, blocked as (
       update nightshift.waits w set wake_at = w.until from written
       where written.state = 'blocked' and w.run_id = written.id and w.until is not null
     ), looks as (
       insert into nightshift.wakes (run_id, why) select id, 'look' from written where state = 'blocked'
     )`;
/** True when this very outcome is in the ledger, in the run's row or, if another attempt followed, in its history. */
export async function isRecorded(
  sql: Sql,
  { fence: { run, delivery, attempt }, outcome }: Ended,
): Promise<boolean> {
  const { state, why, error } = { why: undefined, error: null, ...outcome };
  const rows = await sql.query(
    `select from nightshift.runs where id = $1 and delivery = $2 and attempt = $3 and state = $4
       and error is not distinct from $6::jsonb
     union all
     select from nightshift.attempts where run_id = $1 and attempt = $3 and ending = coalesce($5, $4)
       and error is not distinct from $6::jsonb`,
    [run, delivery, attempt, state, why, error && cleanJson(error)],
  );
  return rows.length > 0;
}

function toRow({ fence: { run, ...fence }, outcome, nextDelivery }: Ended, at: number) {
  return { place: at + 1, id: run, ...fence, ...outcome, nextDelivery };
}
