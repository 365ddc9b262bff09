import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isCalendarFile } from '../../core/calendar.ts';
import { holidayPolicies, misfirePolicies, overlapPolicies } from '../../core/schedule-rules.ts';

/** Adds an option for every rule of a schedule. */
export function ruleOptions(command: Command): Command {
  return command
    .option('--cron <expression>', 'five fields, six with seconds first, or a name such as @daily')
    .option('--every <duration>', 'an interval instead: 30s, 15m, 2h, 7d')
    .option('--timezone <zone>', 'whose clocks it goes by: Europe/Berlin')
    .option('--start <time>', 'nothing fires before it: 2026-12-01, 2026-12-01T09:00')
    .option('--end <time>', 'nothing fires after it')
    .option('--jitter <duration>', 'each firing waits for a share of this, always the same')
    .option('--calendar <name>', 'whose holidays: DE, DE-BY, US, or an .ics file', toCalendar)
    .addOption(
      new Option('--on-holiday <policy>', 'what becomes of a firing then').choices(holidayPolicies),
    )
    .addOption(
      new Option('--overlap <policy>', 'while a run of it goes on').choices(overlapPolicies),
    )
    .addOption(
      new Option('--misfire <policy>', 'which missed firings are made up for').choices(
        misfirePolicies,
      ),
    )
    .option('--within <duration>', 'older missed firings are skipped')
    .option('--grace <duration>', 'a firing that is later is missed');
}

const ruleNames = [
  'cron',
  'every',
  'timezone',
  'start',
  'end',
  'jitter',
  'calendar',
  'onHoliday',
  'overlap',
  'misfire',
  'within',
  'grace',
] as const;

/** The rules that were given, as the API takes them. */
export function toRules(options: Record<string, unknown>): Record<string, unknown> {
  const given = ruleNames.filter((rule) => options[rule] !== undefined);
  return Object.fromEntries(given.map((rule) => [rule, options[rule]]));
}

/** The rules to take away, named as their options are: `jitter,on-holiday`. */
export function parseUnset(text: string): Record<string, null> {
  const names = text
    .split(',')
    .map((word) => word.trim().replace(/-(\w)/g, (_, c: string) => c.toUpperCase()));
  const wrong = names.find((name) => !ruleNames.includes(name as never));
  if (wrong !== undefined)
    throw new InvalidArgumentError(
      `"${wrong}" is no rule of a schedule; there are ${ruleNames.join(', ')}.`,
    );
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** The process that reads the file stands in another folder. */
function toCalendar(text: string): string {
  return isCalendarFile(text) ? resolve(text) : text;
}
