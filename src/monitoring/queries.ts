import type { Sql } from '../core/sql.ts';

/** Unfinished runs of one job in one state, as people are shown it. */
export interface QueueDepth {
  readonly job: string;
  readonly state: 'waiting' | 'scheduled' | 'retrying' | 'active' | 'blocked';
  readonly runs: number;
  /** Since when the first of them could have begun; 0 for those that cannot begin yet. */
  readonly oldestSeconds: number;
}

/** Counts what is unfinished: one walk through an index that has nothing else in it. */
export async function countUnfinished(sql: Sql): Promise<QueueDepth[]> {
  return sql.query<QueueDepth>(
    `select job, shown as state, count(*) as runs,
       case when shown = 'waiting'
         then greatest(0, extract(epoch from now() - min(since)))::float8 else 0 end as "oldestSeconds"
     from (
       select job, greatest(run_at, queued_at) as since,
         case when state <> 'queued' then state when run_at <= now() then 'waiting'
           when attempt = 0 then 'scheduled' else 'retrying' end as shown
       from nightshift.runs where finished_at is null) unfinished
     group by job, shown`,
  );
}

/** What else the whole installation says of itself, each a small table. */
export interface Tables {
  readonly outbox: number;
  readonly paused: readonly string[];
  readonly schedules: Readonly<Record<'active' | 'paused' | 'over', number>>;
  readonly overdueSeconds: number;
}

export async function readTables(sql: Sql): Promise<Tables> {
  const [row] = await sql.query<Tables>(
    `select (select count(*) from nightshift.outbox) as outbox,
       array(select job from nightshift.queues where paused_at is not null) as paused,
       jsonb_build_object(
         'paused', count(*) filter (where paused_at is not null),
         'over', count(*) filter (where paused_at is null and next_due is null),
         'active', count(*) filter (where paused_at is null and next_due is not null)) as schedules,
       greatest(0, coalesce(extract(epoch from now() - min(next_due) filter (where paused_at is null)), 0))::float8
         as "overdueSeconds"
     from nightshift.schedules where deleted_at is null`,
  );
  return row!;
}

/** Gives up on a statement of this transaction that takes longer. */
export async function boundStatements(tx: Sql, ms: number): Promise<void> {
  await tx.query(`select set_config('statement_timeout', $1, true)`, [String(ms)]);
}
