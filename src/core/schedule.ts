import type { z } from 'zod';
import type { Need } from './context.ts';
import { type Cron, parseCron } from './cron.ts';
import { Failure } from './errors.ts';
import type { AnyJob, Job } from './job.ts';
import { openWallClock, type WallClock } from './time-zone.ts';

/** When a job runs by itself, and with which payload. */
export interface Schedule {
  readonly name: string;
  readonly job: AnyJob;
  readonly payload: unknown;
  readonly cron: string;
  readonly timezone: string;
}

/** A schedule as it is written down. */
export interface ScheduleOptions<
  Payload extends z.ZodType,
  Result extends z.ZodType,
  Needs extends Need,
> {
  readonly name: string;
  readonly job: Job<Payload, Result, Needs>;
  readonly payload: z.input<NoInfer<Payload>>;
  /** Five fields, six with seconds first, or a name such as `@daily`. */
  readonly cron: string;
  /** An IANA name; UTC when left out. */
  readonly timezone?: string;
}

/**
 * Checks a schedule, its payload included; throws `schedule.invalid` with every fault. A payload of
 * the wrong type does not compile.
 */
export function defineSchedule<
  Payload extends z.ZodType,
  Result extends z.ZodType,
  Needs extends Need,
>(options: ScheduleOptions<Payload, Result, Needs>): Schedule {
  const { name, job, payload, cron, timezone = 'UTC' } = options;
  const schedule: Schedule = { name, job, payload, cron, timezone };
  const faults = findFaults(schedule);
  if (faults.length > 0)
    throw new Failure('schedule.invalid', { schedule: name, faults: faults.join(' ') });
  return Object.freeze(schedule);
}

/** The schedules, each of another name; throws `schedule.invalid` where two share one. */
export function collectSchedules(schedules: readonly Schedule[]): readonly Schedule[] {
  const names = new Set<string>();
  for (const { name: schedule } of schedules) {
    if (names.has(schedule))
      throw new Failure('schedule.invalid', { schedule, faults: 'name: two schedules have it.' });
    names.add(schedule);
  }
  return schedules;
}

/**
 * The first firing later than `after`. A time that the clocks skip fires when they jump; one that they
 * repeat fires once. A schedule of every hour follows the clock instead: it fires in the repeated hour
 * too, and not for the skipped one. Throws `cron.invalid` and `timezone.unknown`.
 */
export function nextFiring(cron: string, timezone: string, after: Date): Date {
  const pattern = parseCron(cron);
  const clock = openWallClock(timezone);
  const time = after.getTime();
  return new Date(
    pattern.isHourly ? nextByClock(pattern, clock, time + 1) : nextByPlan(pattern, clock, time),
  );
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

function findFaults({ name, job, payload, cron, timezone }: Schedule): string[] {
  const issues: z.core.$ZodIssue[] = job.payload.safeParse(payload).error?.issues ?? [];
  return [
    ...(isName(name) ? [] : [`name: "${name}" is not lower-case words joined by "-".`]),
    ...faultOf('cron', () => parseCron(cron)),
    ...faultOf('timezone', () => openWallClock(timezone)),
    ...issues.map(({ path, message }) => `${['payload', ...path].join('.')}: ${message}.`),
  ];
}

function isName(name: string): boolean {
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name);
}

function faultOf(where: string, check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  }
}
