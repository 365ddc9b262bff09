import type { ChildOutcome } from '../core/child.ts';
import { cleanJson } from '../core/clean.ts';
import type { FanInPolicy } from '../core/fan-in.ts';
import type { Sql } from '../core/sql.ts';

export type WaitKind = 'sleep' | 'children' | 'event';

/** What a run is to wait for; times count from when it is opened, by Postgres's clock. */
export interface NewWait {
  readonly name: string;
  readonly kind: WaitKind;
  /** Milliseconds after which it is over whatever happens. */
  readonly ms?: number;
  readonly policy?: FanInPolicy;
  /** How many children. */
  readonly size?: number;
  readonly event?: string;
  readonly key?: string;
}

/** A wait that is open, and what it came to so far. */
export interface OpenWait {
  readonly name: string;
  readonly kind: WaitKind;
  readonly policy: FanInPolicy | null;
  readonly size: number | null;
  readonly event: string | null;
  readonly key: string | null;
  /** The same to every attempt once it is there. */
  readonly answer: WaitAnswer | null;
  readonly beganAt: Date;
  readonly until: Date | null;
  /** Milliseconds until it is over; negative when it is. */
  readonly dueMs: number | null;
  readonly waitedMs: number;
}

/** What a wait came to: an event, nothing within its time, or a child that ended badly. */
export type WaitAnswer =
  | { readonly payload: unknown }
  | { readonly timedOut: true }
  | { readonly failed: { readonly job: string; readonly outcome: ChildOutcome } };

const columns = `name, kind, policy, size, event, key, answer, began_at as "beganAt", until,
  ceil(extract(epoch from until - now()) * 1000)::float8 as "dueMs",
  least(extract(epoch from clock_timestamp() - began_at) * 1000, 2147483647)::int as "waitedMs"`;

/** The wait, if an attempt of the run has opened it and none has closed it. */
export async function findWait(sql: Sql, run: string, name: string): Promise<OpenWait | undefined> {
  const [wait] = await sql.query<OpenWait>(
    `select ${columns} from nightshift.waits where run_id = $1 and name = $2`,
    [run, name],
  );
  return wait;
}

/** Every wait of the run that is open, the oldest first. */
export async function listWaits(sql: Sql, run: string): Promise<OpenWait[]> {
  return sql.query<OpenWait>(
    `select ${columns} from nightshift.waits where run_id = $1 order by began_at, name`,
    [run],
  );
}

/** Opens a wait, or finds it as an earlier attempt has opened it. */
export async function openWait(tx: Sql, run: string, wait: NewWait): Promise<OpenWait> {
  const { name, kind, ms, policy, size, event, key } = wait;
  const [opened] = await tx.query<OpenWait>(
    `insert into nightshift.waits (run_id, name, kind, policy, size, event, key, until)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond')
     on conflict (run_id, name) do nothing returning ${columns}`,
    [run, name, kind, policy, size, event, key, ms],
  );
  return opened ?? (await findWait(tx, run, name))!;
}

/** Answers a wait, unless that was done before. Answers what it has come to. */
export async function answerWait(
  tx: Sql,
  { run, name }: { readonly run: string; readonly name: string },
  answer: WaitAnswer,
): Promise<WaitAnswer> {
  const [row] = await tx.query<{ answer: WaitAnswer }>(
    `update nightshift.waits set answer = coalesce(answer, $3::jsonb) where run_id = $1 and name = $2 returning answer`,
    [run, name, cleanJson(answer)],
  );
  return row!.answer;
}

/** Takes back the answer of a wait for an event that did not fit: the run waits on. */
export async function declineAnswer(sql: Sql, run: string, name: string): Promise<void> {
  await sql.query(
    `update nightshift.waits set answer = null where run_id = $1 and name = $2 and kind = 'event'`,
    [run, name],
  );
}

/** The wait is over and what it came to is remembered. */
export async function closeWait(tx: Sql, run: string, name: string): Promise<void> {
  await tx.query(`delete from nightshift.waits where run_id = $1 and name = $2`, [run, name]);
}

/** Lets the time of the wait that is over first be over now. Answers the milliseconds it had, or undefined. */
export async function endPatience(sql: Sql, run: string): Promise<number | undefined> {
  const [wait] = await sql.query<{ ms: number }>(
    `with first as (
       select run_id, name, until from nightshift.waits
       where run_id = $1 and until is not null and answer is null order by until limit 1
     )
     update nightshift.waits w set until = now(), wake_at = now() from first
     where w.run_id = first.run_id and w.name = first.name
     returning greatest(0, extract(epoch from first.until - now()) * 1000)::float8 as ms`,
    [run],
  );
  return wait?.ms;
}

const batch = 1000;

/** Forgets waits of runs that have succeeded or are gone; a failed run may be retried. Answers how many. */
export async function forgetWaits(sql: Sql): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const rows = await sql.query(
      `delete from nightshift.waits w where (w.run_id, w.name) in (
         select o.run_id, o.name from nightshift.waits o
         left join nightshift.runs r on r.id = o.run_id
         where r.id is null or r.state = 'succeeded' limit ${batch})
       returning w.name`,
    );
    forgotten += rows.length;
    if (rows.length < batch) return forgotten;
  }
}
