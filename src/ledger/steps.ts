import { cleanJson } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Fence } from './claim.ts';

/** A step as it is remembered. */
export interface Step {
  readonly name: string;
  readonly attempt: number;
  readonly result: unknown;
  readonly tookMs: number;
  readonly recordedAt: Date;
}

export async function listSteps(sql: Sql, run: string): Promise<Step[]> {
  return sql.query<Step>(
    `select name, attempt, result, took_ms as "tookMs", recorded_at as "recordedAt"
     from nightshift.steps where run_id = $1 order by recorded_at, name`,
    [run],
  );
}

/** Remembers a step; throws `run.fenced` when the attempt does not hold the run any more. */
export async function recordStep(
  sql: Sql,
  fence: Fence,
  step: { readonly name: string; readonly result: unknown; readonly tookMs: number },
): Promise<void> {
  const written = await sql.query(
    `with held as (
       select from nightshift.runs
       where id = $1 and delivery = $2 and attempt = $3 and state = 'active' for share
     )
     insert into nightshift.steps (run_id, attempt, name, result, took_ms)
     select $1, $3, $4, $5::jsonb, $6 from held
     returning name`,
    [...fenceValues(fence), step.name, cleanJson(step.result ?? null), step.tookMs],
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

/** Which of these attempts do not hold their runs any more: cancelled, or taken over by another. */
export async function listFenced(sql: Sql, fences: readonly Fence[]): Promise<Fence[]> {
  return sql.query<Fence>(
    `select held.* from unnest($1::uuid[], $2::uuid[], $3::int[]) as held(run, delivery, attempt)
     where not exists (select from nightshift.runs r where r.id = held.run
       and r.delivery = held.delivery and r.attempt = held.attempt and r.state = 'active')`,
    [
      fences.map(({ run }) => run),
      fences.map(({ delivery }) => delivery),
      fences.map(({ attempt }) => attempt),
    ],
  );
}

function fenceValues({ run, delivery, attempt }: Fence): [string, string, number] {
  return [run, delivery, attempt];
}

function fenced({ run, attempt }: Fence): Failure {
  return new Failure('run.fenced', { id: run, attempt });
}
