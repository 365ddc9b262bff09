import type { Calendars } from '../../core/calendar.ts';
import { isMissed } from '../../core/firing.ts';
import type { ScheduleRules } from '../../core/schedule-rules.ts';
import { openTimetable } from '../../core/timetable.ts';
import { listUpcoming, type UpcomingFiring } from '../../core/upcoming.ts';
import type { TimedSchedule } from '../../ledger/index.ts';

/** Where a schedule stands, by its row and the time of the database alone: true also when no control plane lives. */
export interface ScheduleState {
  /** `missed`: its firing is later than its grace, and nothing has become of it. `over`: it will not fire any more. */
  readonly state: 'active' | 'paused' | 'missed' | 'over';
  /** Who says what it is: `edited` is config's schedule, and a person's definition. */
  readonly origin: 'config' | 'edited' | 'created';
  /** When the next firing is to be made, its jitter included. */
  readonly nextAt: Date | null;
  /** Milliseconds that it is overdue; 0 when it is not. */
  readonly overdueMs: number;
}

export function stateOf(schedule: TimedSchedule): ScheduleState {
  const { name, rules, nextDue, now, pausedAt, editedAt, planted } = schedule;
  const nextAt = nextDue && openTimetable(name, rules).plan(nextDue);
  const overdueMs = nextAt ? Math.max(0, now.getTime() - nextAt.getTime()) : 0;
  return {
    state: pausedAt
      ? 'paused'
      : !nextAt
        ? 'over'
        : isMissed(rules, nextAt, now)
          ? 'missed'
          : 'active',
    origin: editedAt === null ? 'config' : planted ? 'edited' : 'created',
    nextAt,
    overdueMs,
  };
}

/** The next firings of a schedule; throws what is wrong with its calendar. */
export async function previewSchedule(
  calendars: Calendars,
  { name, rules, nextDue }: TimedSchedule,
  count: number,
): Promise<UpcomingFiring[]> {
  const timetable = openTimetable(name, rules);
  const calendar = rules.calendar === undefined ? undefined : await calendars.find(rules.calendar);
  return listUpcoming({ rules, timetable, calendar }, nextDue, count);
}

/** The rules that config has, where a person's are others. */
export function differencesOf({ rules, planted }: TimedSchedule): Partial<ScheduleRules> {
  const said = planted?.rules ?? rules;
  const names = Object.keys({ ...rules, ...said }) as (keyof ScheduleRules)[];
  const others = names.filter((rule) => rules[rule] !== said[rule]);
  return Object.fromEntries(others.map((rule) => [rule, said[rule] ?? null]));
}
