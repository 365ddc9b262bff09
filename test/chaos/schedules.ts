import type { AnyJob } from '../../src/core/job.ts';
import { defineSchedule, type Schedule } from '../../src/core/schedule.ts';

const crons = { 'schedule-1': '*/2 * * * * *', 'schedule-2': '*/5 * * * * *' };

export const chaosScheduleNames: readonly string[] = Object.keys(crons);

/** Two schedules that fire every few seconds. */
export function chaosSchedules(jobs: readonly AnyJob[]): readonly Schedule[] {
  const job = jobs.find(({ name }) => name === 'quick')!;
  return Object.entries(crons).map(([name, cron]) =>
    defineSchedule({ name, job, payload: { ms: 0, mark: name }, cron }),
  );
}
