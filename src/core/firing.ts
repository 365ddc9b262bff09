import { type Calendar, holidayAt, nextWorkingMoment } from './calendar.ts';
import { durationMs } from './duration.ts';
import type { ScheduleRules } from './schedule-rules.ts';
import type { Timetable } from './timetable.ts';

/** Why a firing made no run, or makes it later. */
export type FiringReason = 'overlap' | 'holiday' | 'misfire' | 'paused';

/** What becomes of one firing. */
export interface DecidedFiring {
  /** The moment it stands for. */
  readonly due: Date;
  /** When it is to be made: `due`, with its jitter, or moved to a working day. */
  readonly at: Date;
  readonly fate: 'fire' | 'skip' | 'wait';
  /** Null when it fires. One that waits does so for a working day (`holiday`) or an earlier run (`overlap`). */
  readonly why: FiringReason | null;
  /** It is later than its grace. */
  readonly missed: boolean;
}

/** A firing that was put off. */
export interface WaitingFiring {
  readonly due: Date;
  readonly at: Date;
  readonly why: 'holiday' | 'overlap';
}

/** All that the decision depends on. */
export interface Situation {
  readonly rules: ScheduleRules;
  readonly timetable: Timetable;
  readonly calendar?: Calendar;
  readonly now: Date;
  /** The first moment that nothing has been decided about; undefined when there is none any more. */
  readonly nextDue: Date | undefined;
  readonly isPaused: boolean;
  /** A run of the schedule goes on. */
  readonly isBusy: boolean;
  /** In order of `at`. */
  readonly waiting: readonly WaitingFiring[];
}

export interface FiringDecision {
  /** Each moment that has come, and each waiting firing of which something becomes. */
  readonly firings: readonly DecidedFiring[];
  /** The runs that go on are to be cancelled before these fire. */
  readonly cancelsOld: boolean;
  readonly nextDue: Date | undefined;
  /** When there is something to decide again; undefined: never. */
  readonly lookAt: Date | undefined;
}

/** Moments decided at once; of more, the rest follows at once. */
const mostMoments = 1000;

/** Firings that wait behind a run; further ones are skipped. */
const mostWaiting = 1000;

/** How often it is looked whether the run that others wait for has ended, beside being told. */
const lookEveryMs = 5000;

/**
 * Decides about every moment that has come since the last decision, each once, and about what waits. A moment that
 * is later than its grace is missed, and `misfire` says what becomes of it: with `once`, the newest moment stands for
 * all that were missed before it.
 */
export function decideFirings(situation: Situation): FiringDecision {
  const { timetable, now, waiting } = situation;
  const { moments, nextDue, isBehind } = collectMoments(situation);
  const fresh = decideMisfires(
    moments.map((due) => look(situation, due)),
    situation,
    isBehind,
  );
  const ripe = waiting.filter(({ at }) => at <= now).flatMap((one) => lookAgain(situation, one));
  const { firings, cancelsOld } = decideOverlaps([...ripe, ...fresh], situation);
  const settled = new Set(
    firings.filter(({ fate }) => fate !== 'wait').map(({ due }) => due.getTime()),
  );
  const left = [...waiting, ...firings.filter(isWaiting)]
    .filter(({ due }) => !settled.has(due.getTime()))
    // While it is paused, nothing becomes of those that wait behind a run.
    .filter(({ why }) => why === 'holiday' || !situation.isPaused);
  const looks = left.map(({ at, why }) =>
    why === 'holiday' && at > now ? at.getTime() : now.getTime() + lookEveryMs,
  );
  if (nextDue) looks.push(isBehind ? now.getTime() : timetable.plan(nextDue).getTime());
  const lookAt = looks.length === 0 ? undefined : new Date(looks.reduce((a, b) => Math.min(a, b)));
  return { firings, cancelsOld, nextDue, lookAt };
}

/** True when `at` is over by more than the grace of `rules`. */
export function isMissed({ grace }: Pick<ScheduleRules, 'grace'>, at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() > durationMs(grace);
}

function isWaiting(firing: DecidedFiring): firing is DecidedFiring & WaitingFiring {
  return firing.fate === 'wait';
}

function collectMoments({ timetable, now, nextDue }: Situation) {
  const moments: Date[] = [];
  let due = nextDue;
  while (due && moments.length < mostMoments && timetable.plan(due) <= now) {
    moments.push(due);
    due = timetable.next(due);
  }
  return { moments, nextDue: due, isBehind: due !== undefined && timetable.plan(due) <= now };
}

/** A firing on its way through the decision; `fate` is open until it is settled. */
interface Candidate extends Omit<DecidedFiring, 'fate'> {
  readonly fate?: DecidedFiring['fate'];
  /** It was put off behind a run before. */
  readonly isQueued?: boolean;
}

/** A moment that has come: a pause skips it, a holiday skips or moves it. */
function look(situation: Situation, due: Date): Candidate {
  const { rules, timetable, calendar, now, isPaused } = situation;
  const at = timetable.plan(due);
  if (isPaused) return { due, at, fate: 'skip', why: 'paused', missed: false };
  if (calendar && holidayAt(calendar, timetable.clock, due) !== undefined)
    return moveOrSkip(situation, calendar, { due, at });
  return { due, at, why: null, missed: isMissed(rules, at, now) };
}

/** To the next working day, unless the schedule fires at that moment anyway. */
function moveOrSkip(
  { rules, timetable }: Situation,
  calendar: Calendar,
  { due, at }: Pick<Candidate, 'due' | 'at'>,
): Candidate {
  const moved =
    rules.onHoliday === 'next working day'
      ? nextWorkingMoment(calendar, timetable.clock, due)
      : undefined;
  const own = moved && timetable.next(new Date(moved.getTime() - 1));
  if (!moved || own?.getTime() === moved.getTime())
    return { due, at, fate: 'skip', why: 'holiday', missed: false };
  return { due, at: moved, fate: 'wait', why: 'holiday', missed: false };
}

/** A waiting firing whose time has come; none when it goes on waiting. */
function lookAgain(
  { rules, now, isPaused }: Situation,
  { due, at, why }: WaitingFiring,
): Candidate[] {
  if (why === 'overlap')
    return isPaused ? [] : [{ due, at, why: null, missed: false, isQueued: true }];
  if (isPaused) return [{ due, at, fate: 'skip', why: 'paused', missed: false }];
  const missed = isMissed(rules, at, now);
  const isSkipped = missed && (rules.misfire === 'skip' || isTooOld(rules, at, now));
  return [
    isSkipped ? { due, at, fate: 'skip', why: 'misfire', missed } : { due, at, why: null, missed },
  ];
}

function decideMisfires(
  candidates: readonly Candidate[],
  { rules, now }: Situation,
  isBehind: boolean,
): Candidate[] {
  const newest = isBehind ? -1 : candidates.findLastIndex(({ fate }) => fate === undefined);
  return candidates.map((one, i) => {
    if (one.fate || !one.missed) return one;
    const isMadeUp = rules.misfire === 'all' || (rules.misfire === 'once' && i === newest);
    if (isMadeUp && !isTooOld(rules, one.at, now)) return one;
    return { ...one, fate: 'skip', why: 'misfire' };
  });
}

function isTooOld({ within }: ScheduleRules, at: Date, now: Date): boolean {
  return within !== undefined && now.getTime() - at.getTime() > durationMs(within);
}

function decideOverlaps(
  candidates: readonly Candidate[],
  { rules: { overlap }, isBusy, waiting }: Situation,
): Pick<FiringDecision, 'firings' | 'cancelsOld'> {
  const newest = candidates.findLast(({ fate, isQueued }) => fate === undefined && !isQueued);
  let busy = isBusy && overlap !== 'allow';
  let queued = waiting.filter(({ why }) => why === 'overlap').length;
  let cancelsOld = false;
  const firings = candidates.flatMap((one): DecidedFiring[] => {
    if (one.fate) return [settle(one, one.fate, one.why)];
    if (overlap === 'allow') return [settle(one, 'fire')];
    if (one.isQueued) {
      if (busy) return [];
      queued--;
    } else if (overlap === 'cancel old') {
      if (one !== newest) return [settle(one, 'skip', 'overlap')];
      cancelsOld = true;
    } else if (overlap === 'skip') {
      if (busy) return [settle(one, 'skip', 'overlap')];
    } else if (busy || queued > 0) {
      if (queued >= mostWaiting) return [settle(one, 'skip', 'overlap')];
      queued++;
      return [settle(one, 'wait', 'overlap')];
    }
    busy = true;
    return [settle(one, 'fire')];
  });
  return { firings, cancelsOld };
}

function settle(
  { due, at, missed }: Candidate,
  fate: DecidedFiring['fate'],
  why: FiringReason | null = null,
): DecidedFiring {
  return { due, at, fate, why, missed };
}
