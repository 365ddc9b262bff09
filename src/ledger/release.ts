import type { Sql } from '../core/sql.ts';
import { newId } from './ids.ts';

/** A run that its gate let go, with the delivery that is to carry it. */
export interface Released {
  readonly id: string;
  readonly delivery: string;
}

/** What became of runs that were to be released. */
export interface ReleaseAnswer {
  readonly released: readonly Released[];
  /** Runs that had ended before, and have left. */
  readonly over: readonly string[];
}

/**
 * Queues those of the waiting runs that are still to be run, each with a new delivery. One whose row somebody else
 * holds is left for the next pass: a pass waits for nobody.
 */
export async function releaseRuns(tx: Sql, ids: readonly string[]): Promise<ReleaseAnswer> {
  const rows = await tx.query<{ id: string; delivery: string | null }>(
    `with chosen as materialized (
       select * from unnest($1::uuid[], $2::uuid[]) with ordinality as chosen(id, delivery, turn)
     ), free as materialized (
       select r.id from nightshift.runs r where r.id = any($1::uuid[]) and r.state = 'blocked' and r.finished_at is null
       order by r.id for update of r skip locked
     ), released as (
       update nightshift.runs r set state = 'queued', delivery = c.delivery, queued_at = now()
       from chosen c join free on free.id = c.id where r.id = c.id and r.id = any($1::uuid[])
       returning r.id, r.delivery
     ), unfinished as materialized (
       select r.id, r.state from nightshift.runs r where r.id = any($1::uuid[]) and r.finished_at is null
     ), astray as (
       select id from unfinished where state in ('queued', 'active')
     ), marked as (
       update nightshift.gated g set phase = 'released', released_at = now()
       from (select id from released union all select id from astray) t where g.run_id = t.id
     ), over as (
       delete from nightshift.gated g using chosen c
       where g.run_id = c.id and not exists (select from unfinished u where u.id = c.id)
       returning g.run_id
     )
     select c.id, a.delivery from chosen c join (
       select id, delivery from released
       union all select run_id, null from over
       union all select id, null from astray) a on a.id = c.id
     order by c.turn`,
    [ids, ids.map(() => newId())],
  );
  return {
    released: rows.filter((row): row is Released => row.delivery !== null),
    over: rows.filter(({ delivery }) => delivery === null).map(({ id }) => id),
  };
}

/** What becomes of a key's place in the line after a pass looked at it. */
export interface LaneChange {
  readonly key: string;
  /** `gone`: nothing of it waits. `resting`: its limits let nothing go. `ready`: it stays in line. */
  readonly state: 'gone' | 'resting' | 'ready';
  /** It had its turn, and goes to the end of the line, in the order of the changes. */
  readonly served: boolean;
  /** Milliseconds after which a resting key is looked at again; null: when a run of it has ended. */
  readonly wakeMs: number | null;
}

/** Brings the line of keys up to date. */
export async function changeLanes(
  tx: Sql,
  job: string,
  changes: readonly LaneChange[],
): Promise<void> {
  await tx.query(
    `with changes as materialized (
       select c.*, case when c.served then nextval('nightshift.turns') end as turn
       from rows from (jsonb_to_recordset($2::jsonb) as (key text, state text, served boolean, "wakeMs" float8))
         with ordinality as c(key, state, served, "wakeMs", place)
     ), gone as (
       delete from nightshift.lanes l using changes c where l.job = $1 and l.key = c.key and l.key = any($3::text[]) and c.state = 'gone'
     )
     update nightshift.lanes l set turn = coalesce(c.turn, l.turn), ready = c.state = 'ready',
       wake_at = now() + c."wakeMs" * interval '1 millisecond'
     from changes c where l.job = $1 and l.key = c.key and l.key = any($3::text[]) and c.state <> 'gone'`,
    [job, JSON.stringify(changes), changes.map(({ key }) => key)],
  );
}
