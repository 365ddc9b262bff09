import type { Sql, TransactionalSql } from '../core/sql.ts';
import { type Lane, roomOfJob, roomOfKey, takeTurns, windowOf } from '../core/turns.ts';
import {
  changeLanes,
  type GateSurvey,
  type LaneChange,
  type LaneRow,
  type LockedGate,
  listLanes,
  lockGate,
  type ReleaseAnswer,
  type Released,
  releaseRuns,
  settleGate,
  surveyGate,
} from '../ledger/index.ts';

/** What one pass over a gate did. */
export interface Passed {
  /** Runs that may go now; their dispatch is the caller's. */
  readonly released: readonly Released[];
  /** Milliseconds after which there may be something to release though nothing happens; null: never. */
  readonly nextMs: number | null;
}

/**
 * One pass over the gate of `job`, in one short transaction that no other pass over it overlaps: takes note of what
 * happened, and lets as many runs go as the limits allow, the keys in turn.
 */
export async function passGate(database: TransactionalSql, job: string): Promise<Passed> {
  return database.transaction(async (tx) => {
    const gate = await lockGate(tx, job);
    if (!gate) return { released: [], nextMs: null };
    await settleGate(tx, { job, gate });
    const released: Released[] = [];
    for (;;) {
      const round = await releaseRound(tx, job, gate);
      released.push(...round.released);
      if (round.isLast) return { released, nextMs: round.nextMs };
    }
  });
}

interface Round extends Passed {
  /** Nothing more can be released now. */
  readonly isLast: boolean;
}

async function releaseRound(tx: Sql, job: string, gate: LockedGate): Promise<Round> {
  const window = windowOf(gate.capacity);
  const survey = await surveyGate(tx, { job, gate, window });
  const room = roomOfJob(gate, survey, window);
  if (room === 0 || survey.ready === 0)
    return { released: [], isLast: true, nextMs: soonest(waitsOf(gate, survey)) };
  const heads = Math.ceil(room / Math.min(room, survey.ready));
  const rows = await listLanes(tx, { job, gate, lanes: room, heads });
  const lanes = rows.map((row) => toLane(row, { gate, heads }));
  const turns = takeTurns(lanes, room);
  const runs = turns.map(({ run }) => run);
  const answer = runs.length > 0 ? await releaseRuns(tx, runs) : { released: [], over: [] };
  const served = turns.map(({ key }) => key);
  const changes = lanes.map((lane, i) => changeOf(lane, { row: rows[i]!, gate, answer }));
  await changeLanes(tx, job, orderByTurn(changes, served));
  // Where a whole round met only runs that somebody holds, a later pass tries again.
  const isStuck = runs.length > 0 && answer.released.length + answer.over.length === 0;
  const hasMore = rows.length === room || changes.some(({ state }) => state === 'ready');
  return {
    released: answer.released,
    isLast: isStuck || !hasMore || answer.released.length === room,
    nextMs: soonest([
      ...changes.map(({ wakeMs }) => wakeMs),
      ...(hasMore ? waitsOf(gate, survey) : [survey.nextMs]),
      isStuck ? stuckMs : null,
    ]),
  };
}

const stuckMs = 100;

/** How long until a run has its time, a key rested long enough, or the rate of the job lets a further run go. */
function waitsOf({ rateMax, ratePerKey, ratePerMs }: LockedGate, survey: GateSurvey) {
  const isRated = survey.ready > 0 && rateMax !== null && !ratePerKey;
  return [survey.nextMs, isRated ? (survey.rateMs ?? ratePerMs) : null];
}

function soonest(waits: readonly (number | null)[]): number | null {
  const some = waits.filter((ms) => ms !== null);
  return some.length === 0 ? null : Math.max(0, Math.min(...some));
}

interface Looked {
  readonly gate: LockedGate;
  readonly heads: number;
}

function toLane({ key, heads, ...use }: LaneRow, { gate, heads: asked }: Looked): Lane {
  return { key, heads, isWhole: heads.length < asked, room: roomOfKey(gate, use) };
}

interface Given {
  readonly row: LaneRow;
  readonly gate: LockedGate;
  readonly answer: ReleaseAnswer;
}

/** A key is through when all that waited of it went, and rests when its own limits let nothing more go. */
function changeOf(lane: Lane, { row, gate, answer }: Given): LaneChange {
  const { key } = lane;
  const went = countIn(
    lane,
    answer.released.map(({ id }) => id),
  );
  const left = lane.heads.length - went - countIn(lane, answer.over);
  const served = went > 0;
  if (lane.isWhole && left === 0) return { key, state: 'gone', served, wakeMs: null };
  if (went < lane.room) return { key, state: 'ready', served, wakeMs: null };
  const { perKey, ratePerMs } = gate;
  const isRated =
    roomOfKey({ ...gate, perKey: null }, { ...row, started: row.started + went }) === 0;
  const isFull = perKey !== null && row.released + went >= perKey;
  const wakeMs = isRated && !isFull ? Math.max(0, row.freeMs ?? ratePerMs ?? 0) : null;
  return { key, state: 'resting', served, wakeMs };
}

function countIn({ heads }: Lane, ids: readonly string[]): number {
  const among = new Set(ids);
  return heads.filter((id) => among.has(id)).length;
}

/** Those that had a turn go to the end of the line by when they had their last one. */
function orderByTurn(changes: readonly LaneChange[], served: readonly string[]): LaneChange[] {
  const last = new Map(served.map((key, place) => [key, place]));
  return changes.toSorted((a, b) => (last.get(a.key) ?? -1) - (last.get(b.key) ?? -1));
}
