import type { Sql, TransactionalSql } from '../core/sql.ts';
import { forgetAdopted } from './adopted.ts';

/** What one pass of retention took away. */
export interface Retired {
  /** Weeks whose partitions were dropped whole. */
  readonly weeks: readonly string[];
  /** Finished runs that were deleted one by one, beside unfinished ones of their week. */
  readonly runs: number;
  readonly firings: number;
}

export interface Retention {
  /** Weeks that ended longer ago may go. */
  readonly keepMs: number;
  /** True where other sessions use the tables meanwhile, and must not be locked out (Postgres). */
  readonly shared: boolean;
}

/** They go before the runs of their week, whose table is what says that something is left to do. */
const children = ['logs', 'steps', 'attempts'] as const;

/**
 * Takes away what is older than `keepMs`: weeks without an unfinished run as a whole, of the others the
 * finished runs. Nobody waits for it, and it may be broken off anywhere: the next pass goes on, and brings a
 * week back that was left detached with an unfinished run.
 */
export async function retireRuns(
  database: TransactionalSql,
  retention: Retention,
): Promise<Retired> {
  const weeks: string[] = [];
  let runs = 0;
  for (const week of await listOldWeeks(database, retention.keepMs))
    if (await takeAside(database, week, retention)) {
      await dropWeek(database, week, retention);
      weeks.push(week);
    } else runs += await deleteFinished(database, week);
  await forgetAdopted(database, retention.keepMs);
  return { weeks, runs, firings: await deleteFirings(database, retention.keepMs) };
}

/** `2026w07`, oldest first: whatever tables of such a week there still are, attached or not. */
async function listOldWeeks(sql: Sql, keepMs: number): Promise<string[]> {
  const rows = await sql.query<{ week: string }>(
    `select distinct right(c.relname, 7) as week from pg_class c
     where c.relnamespace = 'nightshift'::regnamespace and c.relkind = 'r'
       and c.relname ~ '^(runs|attempts|steps|logs)_[0-9]{4}w[0-9]{2}$'
       and to_date(right(c.relname, 7), 'IYYY"w"IW') + 7 <= (now() at time zone 'UTC') - $1 * interval '1 millisecond'
     order by week`,
    [keepMs],
  );
  return rows.map(({ week }) => week);
}

/**
 * Takes the runs of a week out of everybody's reach, unless one is unfinished. Nothing of the week is gone before
 * that: a run that was queued again while its week was being detached brings it back with all that it remembers.
 */
async function takeAside(sql: Sql, week: string, retention: Retention): Promise<boolean> {
  const name = `runs_${week}`;
  const found = await findPartition(sql, name);
  if (!found) return true;
  if (found.state === 'attached' && (await hasUnfinished(sql, week))) return false;
  await detach(sql, { parent: 'runs', name, shared: retention.shared, state: found.state });
  if (await isOver(sql, week)) return true;
  await sql.query(`select nightshift.attach_week('runs', $1)`, [week]);
  return false;
}

async function hasUnfinished(sql: Sql, week: string): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(
    `select exists (select from nightshift.runs_${week} where finished_at is null) as found`,
  );
  return row!.found;
}

/** True when no run of the week can go on any more; asked at once, since a second pass may attach it meanwhile. */
async function isOver(sql: Sql, week: string): Promise<boolean> {
  const [row] = await sql.query<{ over: boolean }>(
    `select not exists (select from nightshift.runs_${week} where finished_at is null)
       and not exists (select from pg_inherits where inhrelid = 'nightshift.runs_${week}'::regclass) as over`,
  );
  return row!.over;
}

async function dropWeek(sql: Sql, week: string, { shared }: Retention): Promise<void> {
  for (const parent of children) {
    const name = `${parent}_${week}`;
    const found = await findPartition(sql, name);
    if (!found) continue;
    await detach(sql, { parent, name, shared, state: found.state });
    await sql.query(`drop table if exists nightshift.${name}`);
  }
  await sql.query(`drop table if exists nightshift.runs_${week}`);
}

type PartitionState = 'attached' | 'pending' | 'detached';

async function findPartition(
  sql: Sql,
  name: string,
): Promise<{ readonly state: PartitionState } | undefined> {
  const rows = await sql.query<{ state: PartitionState }>(
    `select case when i.inhrelid is null then 'detached' when i.inhdetachpending then 'pending' else 'attached' end as state
     from pg_class c left join pg_inherits i on i.inhrelid = c.oid
     where c.relnamespace = 'nightshift'::regnamespace and c.relname = $1`,
    [name],
  );
  return rows[0];
}

interface Detaching {
  readonly parent: string;
  readonly name: string;
  readonly shared: boolean;
  readonly state: PartitionState;
}

/** Concurrently, readers and writers go on; what a crash left half detached is finished first. */
async function detach(sql: Sql, { parent, name, shared, state }: Detaching): Promise<void> {
  if (state === 'detached') return;
  const how = state === 'pending' ? 'finalize' : shared ? 'concurrently' : '';
  await sql.query(`alter table nightshift.${parent} detach partition nightshift.${name} ${how}`);
}

const batch = 5000;

async function deleteFinished(database: TransactionalSql, week: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    const ids = await database.transaction((tx) => deleteBatch(tx, week));
    deleted += ids;
    if (ids < batch) return deleted;
  }
}

async function deleteBatch(tx: Sql, week: string): Promise<number> {
  const rows = await tx.query<{ id: string }>(
    `delete from nightshift.runs_${week} where id in (
       select id from nightshift.runs_${week} where finished_at is not null order by id limit ${batch} for update skip locked)
     returning id`,
  );
  const ids = rows.map(({ id }) => id);
  for (const child of children)
    if (ids.length > 0 && (await findPartition(tx, `${child}_${week}`)))
      await tx.query(`delete from nightshift.${child}_${week} where run_id = any($1::uuid[])`, [
        ids,
      ]);
  return ids.length;
}

async function deleteFirings(sql: Sql, keepMs: number): Promise<number> {
  const rows = await sql.query(
    `delete from nightshift.firings where due < now() - $1 * interval '1 millisecond' and state <> 'waiting' returning due`,
    [keepMs],
  );
  return rows.length;
}
