import type { Sql } from '../core/sql.ts';
import { idleBound } from '../db/index.ts';

/** A duty as every process can read it, whoever runs it. */
export interface DutyRow {
  readonly name: string;
  readonly periodSeconds: number;
  /** The last to begin it: host and process id. */
  readonly holder: string | null;
  readonly beganAt: Date | null;
  readonly endedAt: Date | null;
  readonly tookMs: number | null;
  /** What its last pass without an error answered. */
  readonly answer: unknown;
  /** The last error and when it was; kept until the next one. */
  readonly error: string | null;
  readonly failedAt: Date | null;
  /** Passes in a row that failed; 0 when the last one did not. */
  readonly failures: number;
  /** Nobody has run it for longer than its period and the 15 s that a takeover may need. */
  readonly late: boolean;
}

/** Every duty that a control plane has ever had, by name. Lateness is judged by Postgres's clock. */
export async function listDuties(sql: Sql): Promise<DutyRow[]> {
  return sql.query<DutyRow>(
    `select name, period_seconds as "periodSeconds", holder, began_at as "beganAt", ended_at as "endedAt",
       took_ms as "tookMs", answer, error, failed_at as "failedAt", failures,
       due_at < now() - interval '15 seconds' as late
     from nightshift.duties order by name`,
  );
}

/** Makes the duties known, so that one that never runs is late too; those of an older version are forgotten in a week. */
export async function registerDuties(
  sql: Sql,
  duties: readonly { readonly name: string; readonly periodSeconds: number }[],
): Promise<void> {
  await sql.query(
    `insert into nightshift.duties (name, period_seconds) select * from unnest($1::text[], $2::int[])
     on conflict (name) do update set period_seconds = excluded.period_seconds`,
    [duties.map(({ name }) => name), duties.map(({ periodSeconds }) => periodSeconds)],
  );
  await sql.query(
    `delete from nightshift.duties where name <> all($1::text[]) and due_at < now() - interval '7 days'`,
    [duties.map(({ name }) => name)],
  );
}

/** Writes down that `holder` begins a pass. */
export async function beginDuty(
  sql: Sql,
  { name, holder }: { readonly name: string; readonly holder: string },
): Promise<void> {
  await sql.query(
    `update nightshift.duties set holder = $2, began_at = now(),
       due_at = now() + period_seconds * interval '1 second' where name = $1`,
    [name, holder],
  );
}

/** Writes down how a pass ended. */
export async function endDuty(
  sql: Sql,
  {
    name,
    tookMs,
    answer,
    error,
  }: {
    readonly name: string;
    readonly tookMs: number;
    readonly answer: unknown;
    readonly error?: string;
  },
): Promise<void> {
  await sql.query(
    `update nightshift.duties set ended_at = now(), took_ms = $2,
       due_at = now() + period_seconds * interval '1 second',
       answer = case when $4::text is null then $3::jsonb else answer end,
       error = coalesce($4, error), failed_at = case when $4::text is null then failed_at else now() end,
       failures = case when $4::text is null then 0 else failures + 1 end
     where name = $1`,
    [name, Math.round(tookMs), JSON.stringify(answer ?? null), error ?? null],
  );
}

/** A process that is frozen in the middle of a firing must not hold the schedule's row: Postgres ends its transaction. */
export async function boundHold(tx: Sql, ms: number): Promise<void> {
  await tx.query(`select ${idleBound('$1')}`, [String(ms)]);
}
