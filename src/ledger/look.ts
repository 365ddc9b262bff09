import type { Progress, Run, RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';

/** As much of a run as tells whether something happened to it. */
export interface RunLook
  extends Pick<Run, 'id' | 'job' | 'state' | 'attempt' | 'delivery' | 'runAt' | 'finishedAt'> {
  /** Without its stack. */
  readonly error: Omit<RunError, 'stack'> | null;
  readonly progress: Progress | null;
  /** The sequence number of its last log line; 0 without one. */
  readonly lastLine: number;
}

/** These runs as they are now, in one statement; those that are not kept are missing. */
export async function lookAtRuns(sql: Sql, ids: readonly string[]): Promise<RunLook[]> {
  return sql.query<RunLook>(
    `select r.id, r.job, r.state, r.attempt, r.delivery, r.run_at as "runAt", r.finished_at as "finishedAt",
       r.error - 'stack' as error, r.progress,
       coalesce((select max(l.sequence) from nightshift.logs l where l.run_id = r.id), 0)::float8 as "lastLine"
     from nightshift.runs r where r.id = any($1::uuid[])`,
    [ids],
  );
}
