import type { WallClock } from './time-zone.ts';

/** The days of a country or of a file on which nobody works. Days are written `2026-12-25`. */
export interface Calendar {
  /** The name of the holiday on that day, or undefined. */
  holidayOn(day: string): string | undefined;
  /** Days of the week without work, 1 Monday … 7 Sunday. */
  readonly weekend: readonly number[];
}

/** Where calendars come from. */
export interface Calendars {
  /** The calendar of a country, of a part of it, or of a file; throws `calendar.unknown`, `calendar.unreadable` or `calendar.broken`. */
  find(name: string): Promise<Calendar>;
}

const dayMs = 86_400_000;

/** The holiday that `at` falls on by the clocks of a zone. */
export function holidayAt(calendar: Calendar, clock: WallClock, at: Date): string | undefined {
  return calendar.holidayOn(dayOf(at.getTime() + clock.offsetAt(at.getTime())));
}

/** The same time of day on the next day that is neither a holiday nor of the weekend; undefined when none is within a year. */
export function nextWorkingMoment(
  calendar: Calendar,
  clock: WallClock,
  at: Date,
): Date | undefined {
  const wall = at.getTime() + clock.offsetAt(at.getTime());
  for (let days = 1; days <= 366; days++) {
    const next = wall + days * dayMs;
    const isWeekend = calendar.weekend.includes(new Date(next).getUTCDay() || 7);
    if (!isWeekend && calendar.holidayOn(dayOf(next)) === undefined)
      return new Date(clock.firstInstantOf(next));
  }
  return undefined;
}

/** True for the path of an iCalendar file, false for a country. */
export function isCalendarFile(name: string): boolean {
  return /\.(ics|ical|icalendar)$/i.test(name);
}

function dayOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}
