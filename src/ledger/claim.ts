import { poisonousLosses } from '../core/outcome.ts';
import type { Sql } from '../core/sql.ts';
import { isDead } from './workers.ts';

/** A worker's wish to begin a run that a delivery brought it. */
export interface Claim {
  readonly run: string;
  readonly delivery: string;
  readonly worker: string;
}

/** Proof of holding a run: the ledger takes writes only from the attempt that has it. */
export interface Fence {
  readonly run: string;
  readonly delivery: string;
  readonly attempt: number;
}

/** A run that was claimed, with all its attempt needs. */
export interface ClaimedRun extends Fence {
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  readonly priority: number;
  readonly failures: number;
  readonly losses: number;
}

const claimed = `r.id as run, r.delivery, r.attempt, r.job, r.version, r.payload, r.priority, r.failures, r.losses`;
const wanted = `unnest($1::uuid[], $2::uuid[], $3::uuid[]) as wanted(run, delivery, worker)`;

/**
 * Begins an attempt of each run that is still this delivery's to begin: queued, or active under a worker
 * whose heartbeat is older than `detectionMs`. Answers in the order of `claims`; undefined is a refusal.
 */
export async function claimRuns(
  sql: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<(ClaimedRun | undefined)[]> {
  const rows = await sql.query<ClaimedRun>(
    `update nightshift.runs r
     set state = 'active', attempt = r.attempt + 1, worker = wanted.worker, started_at = now()
     from ${wanted}
     where r.id = wanted.run and r.delivery = wanted.delivery and r.state = 'queued'
       and (r.expires_at is null or r.expires_at > now() or r.attempt > 0)
     returning ${claimed}`,
    columnsOf(claims),
  );
  const won = new Map(rows.map((row) => [nameOf(row), row]));
  const refused = claims.filter((claim) => !won.has(nameOf(claim)));
  if (refused.length > 0)
    for (const row of await takeOver(sql, refused, detectionMs)) won.set(nameOf(row), row);
  return claims.map((claim) => takeOut(won, nameOf(claim)));
}

function nameOf({ run, delivery }: Pick<Claim, 'run' | 'delivery'>): string {
  return `${run} ${delivery}`;
}

/** A delivery that came twice in one batch is answered once. */
function takeOut(won: Map<string, ClaimedRun>, name: string): ClaimedRun | undefined {
  const row = won.get(name);
  won.delete(name);
  return row;
}

/**
 * The rare half of a claim: a delivery that came again because its worker died. Silence is taken for death
 * only by a worker that has itself been heard of without a break for as long: after the database was away
 * nobody has. A row that a frozen transaction holds is left to rescue, so that it does not hold up the
 * other claims, and so is a poison run.
 */
async function takeOver(
  sql: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<ClaimedRun[]> {
  return sql.query<ClaimedRun>(
    `with lost as (
       select r.id, r.attempt, r.worker, r.started_at, wanted.worker as successor
       from nightshift.runs r join ${wanted} on r.id = wanted.run and r.delivery = wanted.delivery
       left join nightshift.workers w on w.id = r.worker
       where r.state = 'active' and (w.id is null or w.stopped_at is not null or (${isDead('w', '$4')} and exists (
         select from nightshift.workers self where self.id = wanted.worker
           and self.beating_since <= now() - $4 * interval '1 millisecond')))
         and r.losses + 1 < $5
       for update of r skip locked
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending)
       select id, attempt, worker, started_at, 'lost' from lost on conflict do nothing
     )
     update nightshift.runs r
     set attempt = r.attempt + 1, losses = r.losses + 1, worker = lost.successor, started_at = now()
     from lost where r.id = lost.id
     returning ${claimed}`,
    [...columnsOf(claims), detectionMs, poisonousLosses],
  );
}

function columnsOf(claims: readonly Claim[]): string[][] {
  return [
    claims.map(({ run }) => run),
    claims.map(({ delivery }) => delivery),
    claims.map(({ worker }) => worker),
  ];
}
