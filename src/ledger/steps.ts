import type { Artifact } from '../core/archive.ts';
import { cleanJson } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Fence } from './claim.ts';

/** A step as it is remembered. */
export interface Step {
  readonly name: string;
  readonly attempt: number;
  readonly result: unknown;
  /** Where the result is, when it is too large for the row; `result` is null then. */
  readonly artifact: Artifact | null;
  readonly tookMs: number;
  readonly recordedAt: Date;
}

/** A step to be remembered. */
export interface NewStep extends Pick<Step, 'name' | 'result' | 'tookMs'> {
  readonly artifact?: Artifact;
}

export async function listSteps(sql: Sql, run: string): Promise<Step[]> {
  return sql.query<Step>(
    `select name, attempt, result, artifact, took_ms as "tookMs", recorded_at as "recordedAt"
     from nightshift.steps where run_id = $1 order by recorded_at, name`,
    [run],
  );
}

/** Remembers a step; throws `run.fenced` when the attempt does not hold the run any more. */
export async function recordStep(
  sql: Sql,
  fence: Fence,
  { name, result, artifact, tookMs }: NewStep,
): Promise<void> {
  const written = await sql.query(
    `with held as (
       select from nightshift.runs
       where id = $1 and delivery = $2 and attempt = $3 and state = 'active' for share
     )
     insert into nightshift.steps (run_id, attempt, name, result, took_ms, artifact)
     select $1, $3, $4, $5::jsonb, $6, $7::jsonb from held
     returning name`,
    [...fenceValues(fence), name, cleanJson(result ?? null), tookMs, artifact ?? null],
  );
  if (written.length === 0) throw fenced(fence);
}

/** Locks the run's row until the end of the transaction; throws `run.fenced` when the attempt does not hold it. */
export async function holdRun(tx: Sql, fence: Fence): Promise<void> {
  const held = await tx.query(
    `select id from nightshift.runs
     where id = $1 and delivery = $2 and attempt = $3 and state = 'active' for update`,
    fenceValues(fence),
  );
  if (held.length === 0) throw fenced(fence);
}

/**
 * Locks the rows of those of the runs that their attempts still hold, until the end of the transaction; throws
 * `run.fenced` when there are none.
 */
export async function holdRuns(tx: Sql, fences: readonly Fence[]): Promise<void> {
  const held = await tx.query(
    `select r.id from nightshift.runs r
     join unnest($1::uuid[], $2::uuid[], $3::int[]) as held(run, delivery, attempt)
       on r.id = held.run and r.delivery = held.delivery and r.attempt = held.attempt
     where r.id = any($1::uuid[]) and r.state = 'active' order by r.id for update of r`,
    columnsOf(fences),
  );
  if (held.length === 0) throw fenced(fences[0]!);
}

/** Which of these attempts do not hold their runs any more: cancelled, or taken over by another. */
export async function listFenced(sql: Sql, fences: readonly Fence[]): Promise<Fence[]> {
  return sql.query<Fence>(
    `select held.* from unnest($1::uuid[], $2::uuid[], $3::int[]) as held(run, delivery, attempt)
     where not exists (select from nightshift.runs r where r.id = held.run
       and r.delivery = held.delivery and r.attempt = held.attempt and r.state = 'active')`,
    columnsOf(fences),
  );
}

function columnsOf(fences: readonly Fence[]): [string[], string[], number[]] {
  return [
    fences.map(({ run }) => run),
    fences.map(({ delivery }) => delivery),
    fences.map(({ attempt }) => attempt),
  ];
}

function fenceValues({ run, delivery, attempt }: Fence): [string, string, number] {
  return [run, delivery, attempt];
}

function fenced({ run, attempt }: Fence): Failure {
  return new Failure('run.fenced', { id: run, attempt });
}
