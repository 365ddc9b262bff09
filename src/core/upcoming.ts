import { type Calendar, holidayAt } from './calendar.ts';
import { decideFirings } from './firing.ts';
import type { ScheduleRules } from './schedule-rules.ts';
import type { Timetable } from './timetable.ts';

/** A moment to come. */
export interface UpcomingFiring {
  readonly due: Date;
  /** When it will be made: with its jitter, or on the working day that it moves to. */
  readonly at: Date;
  readonly fate: 'fires' | 'moved' | 'skipped';
  /** The holiday that skips or moves it. */
  readonly holiday: string | null;
}

/** The next moments from `nextDue` on, as they will be decided if no run is in their way. */
export function listUpcoming(
  {
    rules,
    timetable,
    calendar,
  }: {
    readonly rules: ScheduleRules;
    readonly timetable: Timetable;
    readonly calendar: Calendar | undefined;
  },
  nextDue: Date | null,
  count: number,
): UpcomingFiring[] {
  const upcoming: UpcomingFiring[] = [];
  for (let due = nextDue ?? undefined; due && upcoming.length < count; due = timetable.next(due)) {
    const [firing] = decideFirings({
      rules,
      timetable,
      ...(calendar && { calendar }),
      now: timetable.plan(due),
      nextDue: due,
      isPaused: false,
      isBusy: false,
      waiting: [],
    }).firings;
    if (!firing) break;
    const holiday = (calendar && holidayAt(calendar, timetable.clock, due)) ?? null;
    const fate = ({ fire: 'fires', wait: 'moved', skip: 'skipped' } as const)[firing.fate];
    upcoming.push({ due, at: firing.at, fate, holiday });
  }
  return upcoming;
}
