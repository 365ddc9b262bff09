import { poisonousLosses } from '../core/outcome.ts';
import { restMs } from '../core/rest.ts';
import type { Sql } from '../core/sql.ts';
import { arrayOf } from '../db/index.ts';
import { priority } from './dispatchable.ts';
import { isKnown } from './versions.ts';
import { allWeeks, isInReach } from './weeks.ts';
import { isDead } from './workers.ts';

/** A worker's wish to begin a run that a delivery brought it. */
export interface Claim {
  readonly run: string;
  readonly delivery: string;
  readonly worker: string;
  /** True when the delivery carries others, too: then a run that lost its worker is left to rescue, to go alone. */
  readonly inBundle?: boolean;
  /** The newest version of its job that the worker knows; absent: it takes all. */
  readonly version?: number;
}

/** Proof of holding a run: the ledger takes writes only from the attempt that has it. */
export interface Fence {
  readonly run: string;
  readonly delivery: string;
  readonly attempt: number;
}

/** The answer to a claim of a run that is not for this worker, or not yet, or whose job is paused: it stays queued with this delivery. */
export interface Early {
  /** Milliseconds until it may run, or until it is worth asking again; by Postgres's clock. */
  readonly earlyMs: number;
  /** A living worker with newer code could begin it now. */
  readonly isForOthers?: boolean;
}

/** A run that was claimed, with all its attempt needs. */
export interface ClaimedRun extends Fence {
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  /** In its queue, where it has to go there again. */
  readonly priority: number;
  /** Its job has limits: a retry waits at the gate. */
  readonly gated: boolean;
  /** The schedule that it is a firing of, and the moment it stands for. */
  readonly schedule: string | null;
  readonly due: Date | null;
  readonly failures: number;
  readonly losses: number;
  /** Attempts in a row, up to the last one, that our own servers ended. */
  readonly outages: number;
  /** Milliseconds from when it was due, or queued again, to this claim; null of one that was taken over from a dead worker. */
  readonly waitedMs: number | null;
}

const waited = `extract(epoch from now() - greatest(r.run_at, r.queued_at))::float8 * 1000 as "waitedMs"`;
const held = `r.attempt, r.job, r.version, r.payload, ${priority}, r.gated, r.schedule, r.due, r.failures, r.losses,
  coalesce((r.error ->> 'outages')::int, 0) as outages`;
const claimed = `r.id as run, r.delivery, ${held}`;
/** What was never put off is due even after the clock of Postgres was set back. */
const isDue = `r.run_at <= greatest(now(), r.queued_at)`;
/** Decided once for a statement: nothing whose claim begins after the commit of a pause begins. */
const isOpen = `(r.job <> all(array(select q.job from nightshift.queues q where q.paused_at is not null)))`;
/** What expires is refused until it has begun once; the duty of expiry ends it. */
const mayBegin = `(r.expires_at is null or r.expires_at > now() or r.attempt > 0)`;
const isForWorker = `r.version <= wanted.version`;
/** Somebody's open transaction may hold such a run, as it joins the run. */
const isJoinable = `(r.uniqueness is not null and r.uniqueness ->> 'rule' <> 'unique')`;
const wanted = `unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[]) with ordinality as wanted(run, delivery, worker, version, place)`;

/**
 * Begins an attempt of each run that is queued with this delivery and due. Answers in the order of `claims`;
 * undefined is a refusal, and `claimRefused` says what is to become of it.
 */
export async function claimRuns(
  sql: Sql,
  claims: readonly Claim[],
  table = allWeeks,
): Promise<(ClaimedRun | undefined)[]> {
  const rows = await sql.query<Omit<ClaimedRun, 'run' | 'delivery'> & { place: number }>(
    `update ${table} r
     set state = 'active', attempt = r.attempt + 1, worker = wanted.worker, started_at = now()
     from ${wanted}
     where r.id = wanted.run and r.delivery = wanted.delivery and r.state = 'queued' and ${isDue}
       and ${mayBegin} and ${isOpen} and ${isForWorker} and not ${isJoinable} and ${isInReach(table)}
     returning wanted.place, ${held}, ${waited}`,
    columnsOf(claims),
  );
  const answers = Array<ClaimedRun | undefined>(claims.length).fill(undefined);
  for (const { place, ...row } of rows) {
    const { run, delivery } = claims[place - 1]!;
    answers[place - 1] = { run, delivery, ...row };
  }
  return answers;
}

/**
 * The rare half of a claim: begins an attempt of those that a debounce or throttle may put off, and of those whose
 * worker's heartbeat is older than `detectionMs`, and says how early those are that may begin later. One transaction
 * of its own, so that what fails here spoils no claim that was taken, and can be repeated. Undefined: the delivery has
 * nothing to run any more.
 */
export async function claimRefused(
  tx: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<(ClaimedRun | Early | undefined)[]> {
  const joined = await claimJoinable(tx, claims);
  const begun = new Set(joined.map(nameOf));
  const single = claims.filter((claim) => !claim.inBundle && !begun.has(nameOf(claim)));
  const taken = single.length > 0 ? await takeOver(tx, single, detectionMs) : [];
  const early = await listEarly(tx, claims, detectionMs);
  return answersOf<ClaimedRun | (Early & Pick<Claim, 'run' | 'delivery'>)>(claims, [
    ...joined,
    ...taken,
    ...early,
  ]);
}

/** A delivery that came twice in one batch is answered once. */
function answersOf<Row extends Pick<Claim, 'run' | 'delivery'>>(
  claims: readonly Claim[],
  rows: readonly Row[],
): (Row | undefined)[] {
  const won = new Map(rows.map((row) => [nameOf(row), row]));
  return claims.map((claim) => takeOut(won, nameOf(claim)));
}

function nameOf({ run, delivery }: Pick<Claim, 'run' | 'delivery'>): string {
  return `${run} ${delivery}`;
}

function takeOut<Answer>(won: Map<string, Answer>, name: string): Answer | undefined {
  const row = won.get(name);
  won.delete(name);
  return row;
}

/** The claim of runs that a debounce or throttle has put off: it waits for nobody's transaction. */
async function claimJoinable(sql: Sql, claims: readonly Claim[]): Promise<ClaimedRun[]> {
  return sql.query<ClaimedRun>(
    `with mine as materialized (
       select r.id, wanted.worker from nightshift.runs r
       join ${wanted} on r.id = wanted.run and r.delivery = wanted.delivery
       where r.state = 'queued' and ${isDue} and ${mayBegin} and ${isOpen} and ${isForWorker} and ${isJoinable}
       for update of r skip locked
     )
     update nightshift.runs r
     set state = 'active', attempt = r.attempt + 1, worker = mine.worker, started_at = now()
     from mine where r.id = mine.id
     returning ${claimed}, ${waited}`,
    columnsOf(claims),
  );
}

/**
 * For a delivery that came again because its worker died. Silence is taken for death only by a worker that has
 * itself been heard of without a break for as long, up to now: after the database was away nobody has. What was
 * seen holds only for the attempt that was seen: another may have taken over before the row is locked. A row that
 * a frozen transaction holds is left to rescue, so that it does not hold up the other claims, and so is a poison run.
 */
async function takeOver(
  sql: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<ClaimedRun[]> {
  return sql.query<ClaimedRun>(
    `with seen as materialized (
       select r.id, r.delivery, r.attempt, wanted.worker as successor
       from nightshift.runs r join ${wanted} on r.id = wanted.run and r.delivery = wanted.delivery
       left join nightshift.workers w on w.id = r.worker
       where r.state = 'active' and (w.id is null or w.stopped_at is not null or (${isDead('w', '$5')} and exists (
         select from nightshift.workers self where self.id = wanted.worker
           and self.beating_since <= now() - $5 * interval '1 millisecond'
           and self.heartbeat_at > now() - $5 / 2 * interval '1 millisecond')))
         and r.losses + 1 < $6 and ${isOpen} and ${isForWorker}
     ), lost as (
       select r.id, r.attempt, r.worker, r.started_at, seen.successor
       from nightshift.runs r join seen on r.id = seen.id and r.delivery = seen.delivery and r.attempt = seen.attempt
       where r.state = 'active' for update of r skip locked
     ), history as (
       insert into nightshift.attempts (run_id, attempt, worker, started_at, ending)
       select id, attempt, worker, started_at, 'lost' from lost on conflict do nothing
     )
     update nightshift.runs r
     set attempt = r.attempt + 1, losses = r.losses + 1, worker = lost.successor, started_at = now()
     from lost where r.id = lost.id
     returning ${claimed}, null as "waitedMs"`,
    [...columnsOf(claims), detectionMs, poisonousLosses],
  );
}

/**
 * Those that are queued with this delivery and may begin: later, since whoever delivered them has another clock than
 * Postgres, or they were put off since, or somebody's transaction puts them off now; when their job is resumed; by newer
 * code than their worker has; or, if nothing of that holds any more, at once.
 */
async function listEarly(
  sql: Sql,
  claims: readonly Claim[],
  detectionMs: number,
): Promise<(Early & Pick<Claim, 'run' | 'delivery'>)[]> {
  const rows = await sql.query<Premature>(
    `select r.id as run, r.delivery, ${isDue} as "isDue", ${isOpen} as "isOpen", ${isForWorker} as "isForWorker",
       ${isJoinable} as "isJoinable",
       ceil(extract(epoch from r.run_at - now()) * 1000)::float8 as "dueMs",
       extract(epoch from now() - greatest(r.run_at, r.queued_at))::float8 * 1000 as "waitedMs",
       ${isKnown('r.job', 'r.version', '$5')} as "isAwaited"
     from nightshift.runs r join ${wanted} on r.id = wanted.run and r.delivery = wanted.delivery
     where r.state = 'queued' and ${mayBegin}`,
    [...columnsOf(claims), detectionMs],
  );
  return rows.map((row) => {
    const { run, delivery, isAwaited } = row;
    const isForOthers = isReady(row) && !row.isForWorker && isAwaited;
    return { run, delivery, earlyMs: earlyOf(row), ...(isForOthers && { isForOthers }) };
  });
}

/** `isAwaited`: a living worker has code for it. */
interface Premature extends Pick<Claim, 'run' | 'delivery'> {
  readonly isDue: boolean;
  readonly isOpen: boolean;
  readonly isForWorker: boolean;
  readonly isJoinable: boolean;
  readonly dueMs: number;
  readonly waitedMs: number;
  readonly isAwaited: boolean;
}

const isReady = ({ isDue, isOpen }: Premature): boolean => isDue && isOpen;

/** What is for newer code rests for longer the longer it has waited. */
function earlyOf(row: Premature): number {
  if (!row.isDue) return Math.max(1, row.dueMs);
  if (!row.isOpen) return pausedMs;
  if (row.isForWorker) return row.isJoinable ? joinedMs : 1;
  return restMs(row.waitedMs, row.isAwaited ? untilTaken : untilDeployed);
}

const pausedMs = 1000;
/** A run that somebody's transaction joins at this moment is asked for again then. */
const joinedMs = 250;
/** With newer workers beside the old ones it is a matter of who gets it; without, of the next deploy. */
const untilTaken = { part: 0.25, leastMs: 100, mostMs: 10_000 };
const untilDeployed = { part: 1, leastMs: 1_000, mostMs: 30_000 };

/** The largest that Postgres has. */
const anyVersion = 2 ** 31 - 1;

function columnsOf(claims: readonly Claim[]): string[] {
  return [
    arrayOf(claims.map(({ run }) => run)),
    arrayOf(claims.map(({ delivery }) => delivery)),
    arrayOf(claims.map(({ worker }) => worker)),
    arrayOf(claims.map(({ version = anyVersion }) => version)),
  ];
}
