import type { Duration } from './duration.ts';

/** What happens when a firing comes while a run of the schedule goes on. */
export const overlapPolicies = ['allow', 'skip', 'queue', 'cancel old'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What becomes of firings that were missed: none is made up for, the newest moment stands for all, or each is. */
export const misfirePolicies = ['skip', 'once', 'all'] as const;
export type MisfirePolicy = (typeof misfirePolicies)[number];

/** What becomes of a firing on a holiday. */
export const holidayPolicies = ['skip', 'next working day'] as const;
export type HolidayPolicy = (typeof holidayPolicies)[number];

/** When a schedule fires, and what becomes of each firing: plain data, as config writes it and its row keeps it. */
export interface ScheduleRules {
  /** Five fields, six with seconds first, or a name such as `@daily`. Either this or `every`. */
  readonly cron?: string;
  /** Time that passes between firings, counted from `start`, or from 1970 in UTC: it does not drift. */
  readonly every?: Duration;
  /** An IANA name: whose clocks `cron`, `start`, `end` and the days of `calendar` go by. */
  readonly timezone: string;
  /** No firing before it: `2026-12-01`, `2026-12-01T09:00` on the clocks of the time zone, or with an offset. */
  readonly start?: string;
  /** No firing after it. */
  readonly end?: string;
  /** Each firing waits for a share of this, always the same for the same firing. */
  readonly jitter?: Duration;
  /** Whose holidays: a country (`DE`), a part of it (`DE-BY`), or the path of an iCalendar file. */
  readonly calendar?: string;
  readonly onHoliday?: HolidayPolicy;
  readonly overlap: OverlapPolicy;
  readonly misfire: MisfirePolicy;
  /** Missed firings that are older are skipped, whatever `misfire` says; no shorter than `grace`. */
  readonly within?: Duration;
  /** A firing that is later than this is missed: it is told of, and `misfire` says what becomes of it. */
  readonly grace: Duration;
}

/** The same as it is written down: what is left out has a default. */
export type ScheduleRuleOptions = Partial<ScheduleRules>;

/** What is not said: UTC, overlapping runs are allowed, the newest missed firing is made up for, after a minute it is missed. */
const usualRules = {
  timezone: 'UTC',
  overlap: 'allow',
  misfire: 'once',
  grace: '1m',
} as const satisfies ScheduleRules;

/** The rules in full, with nothing in them but rules: two that say the same are equal as JSON. */
export function completeRules(options: ScheduleRuleOptions): ScheduleRules {
  const { cron, every, timezone, start, end, jitter, calendar, overlap, misfire, within, grace } = {
    ...usualRules,
    ...dropUndefined(options),
  };
  const onHoliday = options.onHoliday ?? (calendar === undefined ? undefined : 'skip');
  const all = { cron, every, timezone, start, end, jitter, calendar, onHoliday };
  return dropUndefined({ ...all, overlap, misfire, within, grace });
}

function dropUndefined<T extends object>(
  object: T,
): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as never;
}
