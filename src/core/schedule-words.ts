import cronstrue from 'cronstrue';
import { durationMs, formatMs } from './duration.ts';
import type { ScheduleRules } from './schedule-rules.ts';

/** When a schedule fires, as a sentence for people: `At 09:00, Monday through Friday (Europe/Berlin)`. */
export function sayRules(rules: ScheduleRules): string {
  const { cron, every, timezone, start, end, jitter, calendar, onHoliday } = rules;
  const pattern =
    cron === undefined ? `Every ${formatMs(durationMs(every ?? '0s'))}` : sayCron(cron);
  return [
    every === undefined ? `${pattern} (${timezone})` : pattern,
    start && `from ${start}`,
    end && `until ${end}`,
    jitter && `up to ${jitter} later`,
    calendar &&
      `${onHoliday === 'skip' ? 'not' : 'a working day later'} on holidays of ${calendar}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What cronstrue does not know. */
const unspoken: Readonly<Record<string, string>> = {
  '@minutely': '* * * * *',
  '@secondly': '* * * * * *',
};

function sayCron(cron: string): string {
  try {
    return cronstrue.toString(unspoken[cron] ?? cron, { use24HourTimeFormat: true });
  } catch {
    return `cron ${cron}`; // understood by the parser that decides, and not by the one that tells
  }
}
