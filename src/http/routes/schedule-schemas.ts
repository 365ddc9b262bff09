import { z } from 'zod';
import type { Duration } from '../../core/duration.ts';
import { holidayPolicies, misfirePolicies, overlapPolicies } from '../../core/schedule-rules.ts';
import { sayRules } from '../../core/schedule-words.ts';
import type { TimedSchedule } from '../../ledger/index.ts';
import { stateOf } from '../../runtime/index.ts';
import { optionalTime } from '../answering.ts';

export const byName = z.strictObject({
  name: z
    .string()
    .max(200)
    .meta({ examples: ['nightly-digest'] }),
});

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

const ruleAnswers = {
  cron: text,
  every: text,
  start: text,
  end: text,
  jitter: text,
  calendar: text,
  onHoliday: z.enum(holidayPolicies),
  within: text,
};

const scheduleFields = {
  ...z.strictObject(ruleAnswers).partial().shape,
  name: z.string(),
  job: z.string(),
  payload: z.unknown(),
  version: z.int(),
  timezone: text,
  overlap: z.enum(overlapPolicies),
  misfire: z.enum(misfirePolicies),
  grace: text,
  words: z.string().describe('What its rules mean.'),
  state: z.enum(['active', 'paused', 'missed', 'over']),
  origin: z.enum(['config', 'edited', 'created']),
  nextAt: optionalTime,
  nextDue: optionalTime,
  overdueMs: z.number(),
  editedAt: optionalTime,
  editedBy: z.string().nullable(),
  pausedAt: optionalTime,
  pausedBy: z.string().nullable(),
  pauseReason: z.string().nullable(),
  missedAt: optionalTime,
  isPlanted: z.boolean(),
  late: z.boolean(),
};

/** A schedule. */
export const scheduleAnswer = z.strictObject(scheduleFields).meta({ id: 'Schedule' });

/** What became of one moment of a schedule. */
export const firingAnswer = z.strictObject({
  due: z.date(),
  at: z.date(),
  state: z.enum(['fired', 'skipped', 'waiting']),
  why: z.string().nullable(),
  cause: z.enum(['schedule', 'by hand', 'backfill']),
  run: z.string().nullable(),
  firedAt: optionalTime,
  lateMs: z.number().nullable(),
  missed: z.boolean(),
});

/** A schedule with its newest firings, and how config differs from it. */
export const scheduleDetails = z.strictObject({
  ...scheduleFields,
  configSays: z.looseObject({}),
  firings: z.array(firingAnswer),
});
