import { cleanJson } from '../core/clean.ts';
import type { AdoptedEnd } from '../core/foreign.ts';
import type { RunError } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { insertRuns, type NewRun } from './accept.ts';
import { placeRuns } from './gate-accept.ts';
import { recordChecks } from './outbox.ts';

/** A job that another program put into a queue, on its way into the ledger. */
export interface Adoption {
  /** Its `delivery` names the foreign job, the same each time that it comes. */
  readonly run: NewRun;
  readonly jobId: string;
  readonly jobName: string;
  /** What is wrong with the job: its run has failed before it began. */
  readonly error?: RunError;
}

/** The run that a foreign job became, now or when it came before. */
export interface AdoptedRun {
  readonly run: string;
  readonly isNew: boolean;
}

/** Gives each foreign job its run, one and the same however often it comes. Answers in the order of `adoptions`. */
export async function adoptRuns(
  database: TransactionalSql,
  adoptions: readonly Adoption[],
): Promise<AdoptedRun[]> {
  return database.transaction(async (tx) => {
    const added = await insertAdopted(tx, adoptions);
    const fresh = adoptions.filter(({ run }) => added.has(run.id));
    if (fresh.length > 0) await accept(tx, fresh);
    const runs = await listAdopted(tx, adoptions);
    return adoptions.map(({ run: { id, delivery } }) => ({
      run: runs.get(delivery)!,
      isNew: added.has(id),
    }));
  });
}

/** In the order of their names, so that two processes that adopt the same never wait for each other. */
async function insertAdopted(tx: Sql, adoptions: readonly Adoption[]): Promise<Set<string>> {
  const rows = await tx.query<{ run: string }>(
    `insert into nightshift.adopted (delivery, run_id, job_id, job_name)
     select delivery, id, "jobId", "jobName"
     from jsonb_to_recordset($1::jsonb) as job(delivery uuid, id uuid, "jobId" text, "jobName" text)
     order by delivery on conflict (delivery) do nothing returning run_id as run`,
    [
      cleanJson(
        adoptions.map(({ run: { id, delivery }, jobId, jobName }) => ({
          id,
          delivery,
          jobId,
          jobName,
        })),
      ),
    ],
  );
  return new Set(rows.map(({ run }) => run));
}

/** The way of every run that is accepted; what is wrong is written as the relay writes it of a run of SQL. */
async function accept(tx: Sql, adoptions: readonly Adoption[]): Promise<void> {
  const [fit, refused] = [false, true].map((isRefused) =>
    adoptions.filter(({ error }) => (error !== undefined) === isRefused),
  ) as [Adoption[], Adoption[]];
  // Its producer has been told that it is accepted, so that no queue is too full for it.
  const unlimited = fit.map(({ run }) => (run.gate ? { ...run, gate: { limited: false } } : run));
  await placeRuns(tx, unlimited);
  if (refused.length === 0) return;
  await insertRuns(
    tx,
    refused.map(({ run }) => run),
  );
  await recordChecks(
    tx,
    refused.map(({ run: { id, delivery }, error }) => ({ id, delivery, error: error! })),
  );
}

/** The runs of those foreign jobs that have one, by the names of the jobs. */
export async function listAdopted(
  tx: Sql,
  adoptions: readonly Adoption[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ delivery: string; run: string }>(
    `select delivery, run_id as run from nightshift.adopted where delivery = any($1::uuid[])`,
    [adoptions.map(({ run }) => run.delivery)],
  );
  return new Map(rows.map(({ delivery, run }) => [delivery, run]));
}

/** How far an adopted run is; undefined when retention has taken it. */
export async function findAdoptedEnd(sql: Sql, run: string): Promise<AdoptedEnd | undefined> {
  const rows = await sql.query<AdoptedEnd>(
    `select state, result, artifact, error, extract(epoch from now() - created_at)::float8 * 1000 as "ageMs",
       extract(epoch from run_at - now())::float8 * 1000 as "dueMs"
     from nightshift.runs where id = $1`,
    [run],
  );
  return rows[0];
}

/** The foreign job that a run was: its id and name in BullMQ. */
export interface ForeignOrigin {
  readonly jobId: string;
  readonly jobName: string;
}

/** Null for a run that was accepted by us. */
export async function findAdopted(sql: Sql, run: string): Promise<ForeignOrigin | null> {
  const rows = await sql.query<ForeignOrigin>(
    `select job_id as "jobId", job_name as "jobName" from nightshift.adopted where run_id = $1`,
    [run],
  );
  return rows[0] ?? null;
}

/** Forgets what foreign jobs became once their runs, accepted more than `keepMs` ago, are gone. */
export async function forgetAdopted(sql: Sql, keepMs: number): Promise<void> {
  await sql.query(
    `delete from nightshift.adopted a
     where a.run_id < nightshift.uuid_floor(now() - $1 * interval '1 millisecond')
       and not exists (select from nightshift.runs r where r.id = a.run_id)`,
    [keepMs],
  );
}
