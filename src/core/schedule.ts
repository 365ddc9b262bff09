import type { z } from 'zod';
import type { Need } from './context.ts';
import { Failure } from './errors.ts';
import type { AnyJob, Job } from './job.ts';
import { findRuleFaults } from './rule-faults.ts';
import { completeRules, type ScheduleRuleOptions, type ScheduleRules } from './schedule-rules.ts';

/** When a job runs by itself, and with which payload. */
export interface Schedule {
  readonly name: string;
  readonly job: AnyJob;
  readonly payload: unknown;
  readonly rules: ScheduleRules;
}

/** A schedule as it is written down. */
export interface ScheduleOptions<
  Payload extends z.ZodType,
  Result extends z.ZodType,
  Needs extends Need,
> extends ScheduleRuleOptions {
  readonly name: string;
  readonly job: Job<Payload, Result, Needs>;
  readonly payload: z.input<NoInfer<Payload>>;
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
  const { name, job, payload, ...written } = options;
  const rules = completeRules(written);
  const issues: z.core.$ZodIssue[] = job.payload.safeParse(payload).error?.issues ?? [];
  checkDefinition(
    name,
    rules,
    issues.map(({ path, message }) => `${['payload', ...path].join('.')}: ${message}.`),
  );
  return Object.freeze({ name, job, payload, rules });
}

/** Throws `schedule.invalid` with what is wrong with name and rules, and with `others`, if anything is. */
export function checkDefinition(
  name: string,
  rules: ScheduleRules,
  others: readonly string[] = [],
): void {
  const faults = [
    ...(isName(name) ? [] : [`name: "${name}" is not lower-case words joined by "-".`]),
    ...findRuleFaults(rules),
    ...others,
  ];
  if (faults.length > 0)
    throw new Failure('schedule.invalid', { schedule: name, faults: faults.join(' ') });
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

function isName(name: string): boolean {
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name);
}
