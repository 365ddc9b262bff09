import { mailTriage } from '../jobs/index.ts';
import { collectSchedules, defineSchedule, type Schedule } from '../src/core/schedule.ts';
import type { Config } from './config.ts';

/** What this installation runs by itself. Add yours here; a payload that does not fit its job does not compile. */
export function schedulesOf({ mailbox }: Config): readonly Schedule[] {
  return collectSchedules([
    defineSchedule({
      name: 'mail-triage',
      job: mailTriage,
      payload: { mailbox },
      cron: '*/5 * * * *',
    }),
  ]);
}
