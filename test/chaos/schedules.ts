import type { AnyJob } from '../../src/core/job.ts';
import { defineSchedule, type Schedule } from '../../src/core/schedule.ts';
import type { ScheduleRuleOptions } from '../../src/core/schedule-rules.ts';
import type { ChaosJobName } from './jobs.ts';

interface ChaosSchedule {
  /** Between two moments, by what the rules say in plain words: the checker takes nobody's word for it. */
  readonly periodMs: number;
  readonly job: ChaosJobName;
  /** Makes a run of `aloof` take longer than the period. */
  readonly ms: number;
  readonly rules: ScheduleRuleOptions;
}

/** What fires all the time, and never two runs at once where it says so. */
export const chaosPlan: Readonly<Record<string, ChaosSchedule>> = {
  'schedule-1': {
    periodMs: 2000,
    job: 'quick',
    ms: 0,
    rules: { cron: '*/2 * * * * *', misfire: 'all' },
  },
  'schedule-2': { periodMs: 5000, job: 'quick', ms: 0, rules: { cron: '*/5 * * * * *' } },
  'schedule-3': {
    periodMs: 3000,
    job: 'aloof',
    ms: 150,
    rules: { every: '3s', jitter: '1s', overlap: 'skip' },
  },
  'schedule-4': {
    periodMs: 5000,
    job: 'aloof',
    ms: 230,
    rules: { every: '5s', overlap: 'queue', misfire: 'all' },
  },
};

/** The schedules of the load. */
export function chaosSchedules(jobs: readonly AnyJob[]): readonly Schedule[] {
  return Object.entries(chaosPlan).map(([name, { job, ms, rules }]) =>
    defineSchedule({
      name,
      job: jobs.find((one) => one.name === job)!,
      payload: { ms, mark: name },
      ...rules,
    }),
  );
}
