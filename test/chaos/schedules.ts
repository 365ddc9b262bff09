import type { AnyJob } from '../../src/core/job.ts';
import { defineSchedule, type Schedule } from '../../src/core/schedule.ts';

/** Two schedules that fire every few seconds. */
export function chaosSchedules(jobs: readonly AnyJob[]): readonly Schedule[] {
  const quick = jobs.find(({ name }) => name === 'quick')!;
  return ['*/2 * * * * *', '*/5 * * * * *'].map((cron, i) =>
    defineSchedule({
      name: `schedule-${i + 1}`,
      job: quick,
      payload: { ms: 0, mark: `schedule-${i + 1}` },
      cron,
    }),
  );
}
