import type { ScheduleRules } from './schedule-rules.ts';
import { openTimetable } from './timetable.ts';

/** What a change of rules starts from: the rules so far, and the first moment that nothing has been decided about. */
export interface Progress {
  readonly rules: ScheduleRules;
  readonly nextDue: Date | null;
}

/**
 * The first moment under new rules: that of the old ones when the moments are the same, since what has come and not
 * been decided about must not get lost; else the first one after `now`.
 */
export function nextDueAfterChange(
  name: string,
  rules: ScheduleRules,
  { before, now }: { readonly before: Progress | undefined; readonly now: Date },
): Date | undefined {
  if (before && hasSameMoments(before.rules, rules)) return before.nextDue ?? undefined;
  return openTimetable(name, rules).next(now);
}

function hasSameMoments(one: ScheduleRules, other: ScheduleRules): boolean {
  return (['cron', 'every', 'timezone', 'start', 'end'] as const).every(
    (rule) => one[rule] === other[rule],
  );
}
