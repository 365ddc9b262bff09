import { type Calendar, holidayAt } from './calendar.ts';
import type { DecidedFiring } from './firing.ts';
import type { ScheduleRules } from './schedule-rules.ts';
import type { Timetable } from './timetable.ts';

/** Moments that one backfill may stand for. */
export const mostBackfilled = 10_000;

/** The moments from `from` to `to`, both included; one more than `mostBackfilled` at the most. */
export function listMoments(timetable: Timetable, from: Date, to: Date): Date[] {
  const moments: Date[] = [];
  let due = timetable.next(new Date(from.getTime() - 1));
  while (due && due <= to && moments.length <= mostBackfilled) {
    moments.push(due);
    due = timetable.next(due);
  }
  return moments;
}

/** What becomes of a moment of the past: a run now, one after the other where runs may not overlap, or why there is none. */
export interface BackfilledMoment {
  readonly due: Date;
  readonly fate: 'fires' | 'waits' | 'has fired' | 'holiday';
}

/** Each moment runs at most once: what has fired, or waits to, is left alone. */
export function decideBackfill(
  moments: readonly Date[],
  {
    rules,
    timetable,
    calendar,
    taken,
  }: {
    readonly rules: ScheduleRules;
    readonly timetable: Timetable;
    readonly calendar: Calendar | undefined;
    readonly taken: readonly Date[];
  },
): BackfilledMoment[] {
  const known = new Set(taken.map((due) => due.getTime()));
  return moments.map((due) => {
    if (known.has(due.getTime())) return { due, fate: 'has fired' };
    const isHoliday = calendar && holidayAt(calendar, timetable.clock, due) !== undefined;
    if (isHoliday && rules.onHoliday === 'skip') return { due, fate: 'holiday' };
    return { due, fate: rules.overlap === 'allow' ? 'fires' : 'waits' };
  });
}

/** The firings that a backfill at `now` writes. */
export function toFirings(moments: readonly BackfilledMoment[], now: Date): DecidedFiring[] {
  return moments.flatMap(({ due, fate }): DecidedFiring[] => {
    if (fate === 'fires') return [{ due, at: now, fate: 'fire', why: null, missed: false }];
    if (fate === 'waits') return [{ due, at: now, fate: 'wait', why: 'overlap', missed: false }];
    return [];
  });
}
