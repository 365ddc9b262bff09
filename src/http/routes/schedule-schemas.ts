import { z } from 'zod';
import type { Duration } from '../../core/duration.ts';
import { holidayPolicies, misfirePolicies, overlapPolicies } from '../../core/schedule-rules.ts';
import { sayRules } from '../../core/schedule-words.ts';
import type { TimedSchedule } from '../../ledger/index.ts';
import { stateOf } from '../../runtime/index.ts';

export const byName = z.object({ name: z.string() });

/** What is wrong with a rule beyond its type, the schedule itself says in its own words. */
const text = z.string().max(1000);
const duration = text as unknown as z.ZodType<Duration>;

export const rules = {
  cron: text,
  every: duration,
  timezone: text,
  start: text,
  end: text,
  jitter: duration,
  calendar: text,
  onHoliday: z.enum(holidayPolicies),
  overlap: z.enum(overlapPolicies),
  misfire: z.enum(misfirePolicies),
  within: duration,
  grace: duration,
};

/** A schedule as it is answered: its rules, what they mean in words, and where it stands. */
export function showSchedule(schedule: TimedSchedule) {
  const { now: _, planted, rules, ...row } = schedule;
  const state = stateOf(schedule);
  return {
    ...row,
    ...rules,
    words: sayRules(rules),
    ...state,
    isPlanted: planted !== null,
    late: state.state === 'missed',
  };
}
