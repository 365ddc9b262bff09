import type { Sql } from '../core/sql.ts';
import { insertOutbox } from './accept.ts';
import { type CancelledRun, cancelRuns } from './cancel.ts';
import { enteringGates } from './gate-ways.ts';
import { newId } from './ids.ts';

/** Why a run has to be looked at: it was just blocked, an event came, a child of `step` ended so, or it was cancelled. */
interface Wake {
  readonly run: string;
  readonly step: string | null;
  readonly why: string;
}

/** What one pass came to. */
export interface Woken {
  /** Reasons looked into; as many as the limit: there may be more. */
  readonly looked: number;
  readonly woken: number;
  /** Children of cancelled runs. */
  readonly cancelled: readonly CancelledRun[];
}

/**
 * Takes up to `limit` reasons, and queues those of the runs that have waited long enough: all that a wait needs has
 * happened, or its time is over. Children of cancelled runs are cancelled. One transaction; several may go on at once.
 */
export async function carryOutWakes(tx: Sql, limit: number): Promise<Woken> {
  const wakes = [...(await takeWakes(tx, limit)), ...(await takeDue(tx, limit))];
  const parents = new Set(wakes.filter(({ why }) => why === cancelChildren).map(({ run }) => run));
  const cancelled: CancelledRun[] = [];
  for (const parent of parents) cancelled.push(...(await cancelSome(tx, parent, limit)));
  const others = wakes.filter(({ why }) => why !== cancelChildren);
  return { looked: wakes.length, woken: await wakeReady(tx, others), cancelled };
}

/** Milliseconds until the time of a blocked run is over; undefined when none has one. */
export async function nextWakeMs(sql: Sql): Promise<number | undefined> {
  const [next] = await sql.query<{ ms: number }>(
    `select ceil(extract(epoch from wake_at - clock_timestamp()) * 1000)::float8 as ms
     from nightshift.waits where wake_at is not null order by wake_at limit 1`,
  );
  return next && Math.max(0, next.ms);
}

const cancelChildren = 'cancel children';

async function takeWakes(tx: Sql, limit: number): Promise<Wake[]> {
  return tx.query<Wake>(
    `delete from nightshift.wakes where ctid = any(array(
       select ctid from nightshift.wakes order by id limit $1 for update skip locked))
     returning run_id as run, step, why`,
    [limit],
  );
}

async function takeDue(tx: Sql, limit: number): Promise<Wake[]> {
  return tx.query<Wake>(
    `with due as materialized (
       select run_id, name from nightshift.waits where wake_at <= now() order by wake_at limit $1 for update skip locked
     )
     update nightshift.waits w set wake_at = null from due where w.run_id = due.run_id and w.name = due.name
     returning w.run_id as run, w.name as step, 'due' as why`,
    [limit],
  );
}

/** What `decideFanIn` decides, said so that each child's end costs one look into an index. */
const isReady = `w.answer is not null or w.until <= now()
  or (w.kind = 'children' and (
    not exists (select from nightshift.runs c
      where c.parent = w.run_id and c.parent_step = w.name and c.finished_at is null)
    or (w.policy = 'all' and (told.badly or told.close and exists (select from nightshift.runs c
      where c.parent = w.run_id and c.parent_step = w.name and c.finished_at is not null and c.state <> 'succeeded')))
    or (w.policy = 'any' and (told.well or told.close and exists (select from nightshift.runs c
      where c.parent = w.run_id and c.parent_step = w.name and c.finished_at is not null and c.state = 'succeeded')))))`;

/** Rows are locked in the order of their ids, as everywhere where many are. */
async function wakeReady(tx: Sql, wakes: readonly Wake[]): Promise<number> {
  if (wakes.length === 0) return 0;
  const runs = [...new Set(wakes.map(({ run }) => run))];
  const rows = await tx.query<{ id: string; delivery: string; state: string }>(
    `with told as materialized (
       select run, step, bool_or(why = 'look') as close, bool_or(why = 'succeeded') as well,
         bool_or(why in ('failed', 'cancelled', 'expired')) as badly
       from unnest($1::uuid[], $2::text[], $3::text[]) as wake(run, step, why) group by run, step
     ), ready as materialized (
       select distinct w.run_id from told
       join nightshift.waits w on w.run_id = told.run and (told.step is null or w.name = told.step)
       where ${isReady}
     ), blocked as materialized (
       select r.id from nightshift.runs r
       where r.id = any(array(select run_id from ready)) and r.state = 'blocked' and (not r.gated or r.error->>'name' = 'Waiting')
       order by r.id for update
     ), woken as (
       update nightshift.runs r set state = case when r.gated then 'blocked' else 'queued' end, delivery = next.delivery,
         run_at = now(), queued_at = now(), error = null
       from blocked join unnest($4::uuid[], $5::uuid[]) as next(id, delivery) on next.id = blocked.id
       where r.id = blocked.id and r.id = any($4::uuid[])
       returning r.id, r.delivery, r.job, r.key, r.state, r.run_at, r.priority
     ), ${enteringGates('woken')}
     select id, delivery, state from woken`,
    [
      wakes.map(({ run }) => run),
      wakes.map(({ step }) => step),
      wakes.map(({ why }) => why),
      runs,
      runs.map(() => newId()),
    ],
  );
  const queued = rows.filter(({ state }) => state === 'queued');
  if (queued.length > 0) await insertOutbox(tx, queued);
  return rows.length;
}

/** Those that are left are cancelled by a further pass. */
async function cancelSome(tx: Sql, parent: string, limit: number): Promise<CancelledRun[]> {
  const children = await tx.query<{ id: string }>(
    `select id from nightshift.runs
     where parent = $1 and finished_at is null and not detached order by id limit $2`,
    [parent, limit],
  );
  if (children.length === limit)
    await tx.query(`insert into nightshift.wakes (run_id, why) values ($1, $2)`, [
      parent,
      cancelChildren,
    ]);
  return cancelRuns(
    tx,
    children.map(({ id }) => id),
    `its parent, run ${parent}, was cancelled`,
  );
}
