import { cleanJson } from '../core/clean.ts';
import type { LogLevel } from '../core/context.ts';
import type { Progress } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { Fence } from './claim.ts';

/** One line of a run's log. */
export interface LogLine {
  readonly run: string;
  readonly attempt: number;
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly data?: Record<string, unknown>;
}

export async function insertLogs(sql: Sql, lines: readonly LogLine[]): Promise<void> {
  await sql.query(
    `insert into nightshift.logs (run_id, attempt, at, level, message, data)
     select run, attempt, at, level, message, data
     from jsonb_to_recordset($1::jsonb)
       as l(run uuid, attempt int, at timestamptz, level text, message text, data jsonb)`,
    [cleanJson(lines)],
  );
}

/** The lines of a run after `after` (a sequence number, 0 for all), oldest first. */
export async function listLogs(
  sql: Sql,
  run: string,
  { after = 0, limit = 1000 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<(LogLine & { readonly sequence: number })[]> {
  return sql.query(
    `select run_id as run, sequence, attempt, at, level, message, data
     from nightshift.logs where run_id = $1 and sequence > $2 order by sequence limit $3`,
    [run, after, limit],
  );
}

/** How far an attempt says it is. */
export interface ProgressChange {
  readonly fence: Fence;
  readonly progress: Progress;
}

/** Shows the newest progress of each attempt that still holds its run. */
export async function updateProgress(sql: Sql, changes: readonly ProgressChange[]): Promise<void> {
  const newest = new Map(changes.map(({ fence, progress }) => [fence.run, { fence, progress }]));
  const rows = [...newest].map(([id, { fence, progress }]) => ({
    id,
    attempt: fence.attempt,
    progress,
  }));
  await sql.query(
    `with held as (
       select r.id, p.progress from nightshift.runs r
       join jsonb_to_recordset($1::jsonb) as p(id uuid, attempt int, progress jsonb)
         on r.id = p.id and r.attempt = p.attempt
       where r.state = 'active' order by r.id for no key update of r
     )
     update nightshift.runs r set progress = held.progress from held where r.id = held.id`,
    [cleanJson(rows)],
  );
}
