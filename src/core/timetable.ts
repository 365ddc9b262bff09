import { type Cron, parseCron } from './cron.ts';
import { durationMs } from './duration.ts';
import type { ScheduleRules } from './schedule-rules.ts';
import { openWallClock, type WallClock } from './time-zone.ts';

/** The moments of one schedule. Everything about it is a function of the schedule's name and rules. */
export interface Timetable {
  /** The first moment later than `after`, or undefined when there is none any more. */
  next(after: Date): Date | undefined;
  /** When the firing of `due` is to be made: later by its share of the jitter, but before the next moment. */
  plan(due: Date): Date;
  /** The clock that it goes by. */
  readonly clock: WallClock;
}

/** Throws `cron.invalid`, `timezone.unknown`, `duration.invalid` or a RangeError for rules that were never checked. */
export function openTimetable(name: string, rules: ScheduleRules): Timetable {
  const clock = openWallClock(rules.timezone);
  const start = rules.start === undefined ? undefined : parseMoment(rules.start, clock);
  const end = rules.end === undefined ? undefined : parseMoment(rules.end, clock);
  const jitterMs = rules.jitter === undefined ? 0 : durationMs(rules.jitter);
  const nextOf = openPattern(rules, clock, start);

  function next(after: Date): Date | undefined {
    const from = Math.max(after.getTime(), start === undefined ? -Infinity : start - 1);
    const found = nextOf(from);
    return end !== undefined && found > end ? undefined : new Date(found);
  }

  function plan(due: Date): Date {
    if (jitterMs === 0) return due;
    const gapMs = (next(due)?.getTime() ?? Infinity) - due.getTime();
    const shareMs = fractionOf(name, due) * Math.min(jitterMs, gapMs);
    return new Date(due.getTime() + Math.floor(shareMs));
  }

  return { next, plan, clock };
}

/**
 * The first firing of a cron expression later than `after`. A time that the clocks skip fires when they jump; one
 * that they repeat fires once. A schedule of every hour follows the clock instead: it fires in the repeated hour
 * too, and not for the skipped one. Throws `cron.invalid` and `timezone.unknown`.
 */
export function nextFiring(cron: string, timezone: string, after: Date): Date {
  return new Date(nextOfCron(parseCron(cron), openWallClock(timezone), after.getTime()));
}

/**
 * A moment as people write it, in epoch milliseconds: a date or a time of day on the clocks of a zone, or, with an
 * offset or `Z`, of the world. Throws a RangeError that says how to write one.
 */
export function parseMoment(text: string, clock: WallClock): number {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const [, date = '', time = '00:00', offset] = match ?? [];
  const wall = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(date))
    throw new RangeError(
      `"${text}" is no time; write 2026-12-01, 2026-12-01T09:00 or 2026-12-01T09:00:00Z.`,
    );
  return offset === undefined ? clock.firstInstantOf(wall) : Date.parse(`${date}T${time}${offset}`);
}

type NextOf = (after: number) => number;

function openPattern(rules: ScheduleRules, clock: WallClock, start: number | undefined): NextOf {
  if (rules.cron !== undefined) {
    const pattern = parseCron(rules.cron);
    return (after) => nextOfCron(pattern, clock, after);
  }
  const everyMs = durationMs(rules.every ?? '');
  const anchor = start ?? 0;
  return (after) => anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
}

function nextOfCron(pattern: Cron, clock: WallClock, after: number): number {
  return pattern.isHourly
    ? nextByClock(pattern, clock, after + 1)
    : nextByPlan(pattern, clock, after);
}

/** The first instant from `from` on at which the wall shows a match. */
function nextByClock(pattern: Cron, clock: WallClock, from: number): number {
  const offset = clock.offsetAt(from);
  const next = pattern.nextMatch(from - 1 + offset) - offset;
  if (clock.offsetAt(next) === offset) return next;
  return nextByClock(pattern, clock, clock.jumpBetween(from, next));
}

/** The next of the matches on the wall later than `after`, each taken at the first instant that shows it. */
function nextByPlan(pattern: Cron, clock: WallClock, after: number): number {
  let wall = after + clock.offsetAt(after);
  for (;;) {
    wall = pattern.nextMatch(wall);
    const next = clock.firstInstantOf(wall);
    if (next > after) return next;
  }
}

/** 0 … 1, spread evenly and always the same for the same firing: FNV-1a, then the finish of MurmurHash3. */
function fractionOf(name: string, due: Date): number {
  let hash = 0x81_1c_9d_c5;
  for (const char of `${name} ${due.getTime()}`)
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
