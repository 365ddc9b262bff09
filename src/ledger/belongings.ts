import type { Sql } from '../core/sql.ts';
import { requireRunId } from './runs.ts';

/** Of what belongs to runs, which a run has any of. */
export interface Belongings {
  readonly attempts: boolean;
  readonly steps: boolean;
  readonly waits: boolean;
  readonly replays: boolean;
  readonly children: boolean;
  readonly adopted: boolean;
}

/** One statement that spares six: most runs have nothing of all that. Throws `run.id_invalid`. */
export async function findBelongings(sql: Sql, run: string): Promise<Belongings> {
  const [row] = await sql.query<Belongings>(
    `select exists (select from nightshift.attempts where run_id = $1) as attempts,
       exists (select from nightshift.steps where run_id = $1) as steps,
       exists (select from nightshift.waits where run_id = $1) as waits,
       exists (select from nightshift.runs where replay_of = $1 and id > $1) as replays,
       exists (select from nightshift.runs where parent = $1) as children,
       exists (select from nightshift.adopted where run_id = $1) as adopted`,
    [requireRunId(run)],
  );
  return row!;
}
