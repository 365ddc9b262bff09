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

/** The answer to a claim that came before the run's time: the run stays queued with this delivery. */
export interface Early {
  /** Milliseconds until it may run, by Postgres's clock. */
  readonly earlyMs: number;
}

/** A run that was claimed, with all its attempt needs. */
export interface ClaimedRun extends Fence {
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  readonly priority: number;
  readonly failures: number;
  readonly losses: number;
  /** Attempts in a row, up to the last one, that our own servers ended. */
  readonly outages: number;
}

const claimed = `r.id as run, r.delivery, r.attempt, r.job, r.version, r.payload, r.priority, r.failures, r.losses,
  coalesce((r.error ->> 'outages')::int, 0) as outages`;
/** What was never put off is due even after the clock of Postgres was set back. */
const isDue = `r.run_at <= greatest(now(), r.queued_at)`;
const wanted = `unnest($1::uuid[], $2::uuid[], $3::uuid[]) as wanted(run, delivery, worker)`;

/**
 * Begins an attempt of each run that is still this delivery's to begin: queued and due, or active under a
 * worker whose heartbeat is older than `detectionMs`. Answers in the order of `claims`; undefined is a refusal.
 */
export async function claimRuns(
  sql: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<(ClaimedRun | Early | undefined)[]> {
  const rows = await sql.query<ClaimedRun>(
    `update nightshift.runs r
     set state = 'active', attempt = r.attempt + 1, worker = wanted.worker, started_at = now()
     from ${wanted}
     where r.id = wanted.run and r.delivery = wanted.delivery and r.state = 'queued' and ${isDue}
       and (r.expires_at is null or r.expires_at > now() or r.attempt > 0)
     returning ${claimed}`,
    columnsOf(claims),
  );
  const won = new Map<string, ClaimedRun | Early>(rows.map((row) => [nameOf(row), row]));
  const refused = claims.filter((claim) => !won.has(nameOf(claim)));
  if (refused.length > 0) {
    for (const row of await takeOver(sql, refused, detectionMs)) won.set(nameOf(row), row);
    for (const row of await listEarly(sql, refused)) won.set(nameOf(row), row);
  }
  return claims.map((claim) => takeOut(won, nameOf(claim)));
}

function nameOf({ run, delivery }: Pick<Claim, 'run' | 'delivery'>): string {
  return `${run} ${delivery}`;
}

/** A delivery that came twice in one batch is answered once. */
function takeOut<Answer>(won: Map<string, Answer>, name: string): Answer | undefined {
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

/** Those whose time has not come: whoever delivered them has another clock than Postgres. */
async function listEarly(
  sql: Sql,
  claims: readonly Claim[],
): Promise<(Early & Pick<Claim, 'run' | 'delivery'>)[]> {
  return sql.query(
    `select r.id as run, r.delivery, ceil(extract(epoch from r.run_at - now()) * 1000)::float8 as "earlyMs"
     from nightshift.runs r join ${wanted} on r.id = wanted.run and r.delivery = wanted.delivery
     where r.state = 'queued' and not ${isDue}`,
    columnsOf(claims),
  );
}

function columnsOf(claims: readonly Claim[]): string[][] {
  return [
    claims.map(({ run }) => run),
    claims.map(({ delivery }) => delivery),
    claims.map(({ worker }) => worker),
  ];
}
