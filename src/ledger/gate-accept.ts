import { cleanJson } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { acceptRuns, explainNoWeek, insertionAs, insertRuns, type NewRun } from './accept.ts';
import { enteringGates } from './gate-ways.ts';

/**
 * Accepts runs of one job, all or none, inside the caller's transaction: at the gate of the job, if it has one, else
 * with their dispatch left to the relay. Throws `queue.full`.
 */
export async function acceptIn(tx: Sql, runs: readonly NewRun[]): Promise<void> {
  await (runs[0]?.gate ? acceptGated(tx, runs) : acceptRuns(tx, runs));
}

/**
 * Writes runs of any jobs, those of jobs with limits to their gates. Answers the others, whose dispatch is the
 * caller's. Throws `queue.full`, and then nothing may be kept.
 */
export async function placeRuns(tx: Sql, runs: readonly NewRun[]): Promise<readonly NewRun[]> {
  const free = runs.filter(({ gate }) => !gate);
  if (free.length > 0) await insertRuns(tx, free);
  const gated = runs.filter(({ gate }) => gate);
  for (const [, ofJob] of [...Map.groupBy(gated, ({ job }) => job)].sort(byJob))
    await acceptGated(tx, ofJob);
  return free;
}

/** In the order of their names: two that wait for one another would be a deadlock. */
function byJob([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * Accepts runs of one job to wait at its gate, all or none; a pass over the gate lets them go. With a `maxQueued`
 * the runs that have to give way for them are cancelled, or it throws `queue.full`; it then takes `sql` to be an
 * open transaction, and holds up others that fill the same queue until it ends.
 */
async function acceptGated(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  const { job, gate } = runs[0]!;
  if (gate?.limited && (await makeRoom(sql, job, runs.length)) < runs.length)
    throw await queueFull(sql, job);
  await insertGated(sql, runs);
}

/** Accepts single runs of any gated jobs in one commit. Answers for each whether its queue had room. */
export async function acceptEachGated(
  database: TransactionalSql,
  runs: readonly NewRun[],
): Promise<boolean[]> {
  if (!runs.some(({ gate }) => gate!.limited)) {
    await insertGated(database, runs);
    return runs.map(() => true);
  }
  const accepted = new Set<NewRun>();
  await database.transaction(async (tx) => {
    accepted.clear();
    const free = runs.filter(({ gate }) => !gate!.limited);
    if (free.length > 0) await insertGated(tx, free);
    for (const run of free) accepted.add(run);
    const limited = runs.filter(({ gate }) => gate!.limited);
    for (const [job, ofJob] of [...Map.groupBy(limited, (run) => run.job)].sort(byJob))
      for (const run of await fill(tx, job, ofJob)) accepted.add(run);
  });
  return runs.map((run) => accepted.has(run));
}

/** Accepts as many as there is room for, in order; where the oldest give way, in parts as large as the queue. */
async function fill(tx: Sql, job: string, runs: readonly NewRun[]): Promise<readonly NewRun[]> {
  let taken = 0;
  while (taken < runs.length) {
    const room = await makeRoom(tx, job, runs.length - taken);
    if (room === 0) break;
    await insertGated(tx, runs.slice(taken, taken + room));
    taken += room;
  }
  return runs.slice(0, taken);
}

async function makeRoom(sql: Sql, job: string, runs: number): Promise<number> {
  const [row] = await sql.query<{ room: number }>(`select nightshift.make_room($1, $2) as room`, [
    job,
    runs,
  ]);
  return row!.room;
}

/** The failure that no more runs of the job may wait. */
export async function queueFull(sql: Sql, job: string): Promise<Failure<'queue.full'>> {
  const [row] = await sql.query<{ most: number | null }>(
    `select queued_most as most from nightshift.gates where job = $1`,
    [job],
  );
  return new Failure('queue.full', { job, most: row?.most ?? 0 });
}

/** Doing it again after an unknown commit changes nothing. Of our tables it reads the gates alone. */
async function insertGated(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  await sql
    .query(
      `with accepted as (${insertionAs('blocked')} on conflict do nothing),
     given as (
       select id, job, key, priority, 'blocked' as state, now() + coalesce("delayMs", 0) * interval '1 millisecond' as run_at
       from jsonb_to_recordset($1::jsonb) as run(id uuid, job text, key text, priority int, "delayMs" float8)
     ), ${enteringGates('given')}
     select`,
      [cleanJson(runs)],
    )
    .catch(explainNoWeek);
}
