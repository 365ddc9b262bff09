import { isCalendarFile } from './calendar.ts';
import { parseCron } from './cron.ts';
import { durationMs } from './duration.ts';
import {
  holidayPolicies,
  misfirePolicies,
  overlapPolicies,
  type ScheduleRules,
} from './schedule-rules.ts';
import { openWallClock } from './time-zone.ts';
import { openTimetable, parseMoment } from './timetable.ts';

/** What is wrong with the rules of a schedule, each fault a sentence that begins with its place; none when they can be followed. */
export function findRuleFaults(rules: ScheduleRules): string[] {
  const single = [
    ...findPatternFaults(rules),
    ...findSpanFaults(rules),
    ...findPolicyFaults(rules),
  ];
  return single.length > 0 ? single : findJointFaults(rules);
}

function findPatternFaults({
  cron,
  every,
  timezone,
  start,
  end,
  calendar,
}: ScheduleRules): string[] {
  const isOne = (cron === undefined) !== (every === undefined);
  return [
    ...(isOne ? [] : ['cron: give either cron or every.']),
    ...faultOf('cron', () => cron !== undefined && parseCron(cron)),
    ...faultOf('timezone', () => openWallClock(timezone)),
    // Whatever the zone is, a moment is written alike.
    ...faultOf('start', () => start !== undefined && parseMoment(start, openWallClock('UTC'))),
    ...faultOf('end', () => end !== undefined && parseMoment(end, openWallClock('UTC'))),
    ...(calendar === undefined ||
    isCalendarFile(calendar) ||
    /^[A-Z]{2}(-[A-Z\d]+){0,2}$/i.test(calendar)
      ? []
      : [
          `calendar: "${calendar}" is neither a country such as DE, a part of one such as DE-BY, nor the path of an .ics file.`,
        ]),
  ];
}

const spans = {
  every: [1000, 366],
  jitter: [0, 1],
  within: [1000, 366],
  grace: [1000, 30],
} as const;

function findSpanFaults(rules: ScheduleRules): string[] {
  return Object.entries(spans).flatMap(([where, [leastMs, mostDays]]) => {
    const span = rules[where as keyof typeof spans];
    if (span === undefined) return [];
    return faultOf(where, () => {
      const ms = durationMs(span);
      if (ms < leastMs || ms > mostDays * 86_400_000)
        throw new RangeError(
          `${span} is not between ${leastMs === 0 ? '0s' : '1s'} and ${mostDays}d.`,
        );
    });
  });
}

function findPolicyFaults({
  overlap,
  misfire,
  onHoliday,
  calendar,
  within,
}: ScheduleRules): string[] {
  const policies: [string, string | undefined, readonly string[]][] = [
    ['overlap', overlap, overlapPolicies],
    ['misfire', misfire, misfirePolicies],
    ['onHoliday', onHoliday, holidayPolicies],
  ];
  return [
    ...policies
      .filter(([, value, known]) => value !== undefined && !known.includes(value))
      .map(([where, value, known]) => `${where}: "${value}" is none of ${known.join(', ')}.`),
    ...(onHoliday !== undefined && calendar === undefined
      ? ['onHoliday: has an effect with a calendar only.']
      : []),
    ...(within !== undefined && misfire === 'skip'
      ? ["within: has no effect with misfire: 'skip'."]
      : []),
  ];
}

/** What is wrong only with several rules together. */
function findJointFaults(rules: ScheduleRules): string[] {
  const { start, end, timezone, every, jitter, within, grace } = rules;
  const clock = openWallClock(timezone);
  const [from, to] = [start, end].map((text) => text && parseMoment(text, clock));
  if (from && to && to < from) return [`end: ${end} is before the start, ${start}.`];
  if (every !== undefined && jitter !== undefined && durationMs(jitter) > durationMs(every))
    return [`jitter: ${jitter} is longer than every, ${every}.`];
  if (within !== undefined && durationMs(within) < durationMs(grace))
    return [`within: ${within} is shorter than the grace, ${grace}.`];
  if (!end) return [];
  const first = openTimetable('', rules).next(new Date(from || -1));
  return first ? [] : ['end: nothing fires before it.'];
}

function faultOf(where: string, check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  }
}
