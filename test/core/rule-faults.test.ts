import { describe, expect, test } from 'vitest';
import { findRuleFaults } from '../../src/core/rule-faults.ts';
import { completeRules, type ScheduleRuleOptions } from '../../src/core/schedule-rules.ts';
import { sayRules } from '../../src/core/schedule-words.ts';

const faultsOf = (options: object) => findRuleFaults(completeRules(options));

describe('rules that cannot be followed', () => {
  test.each([
    [{}, 'cron: give either cron or every.'],
    [{ cron: '@daily', every: '1h' }, 'cron: give either cron or every.'],
    [
      { cron: '0 0 30 2 *' },
      'cron: "0 0 30 2 *" is not a cron expression: a day like that never comes.',
    ],
    [
      { cron: '@daily', timezone: 'Europe/Berln' },
      'timezone: "Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?',
    ],
    [
      { every: '1' },
      'every: "1" is not a duration; write a number and a unit, as in 500ms, 10s, 15m, 2h or 7d.',
    ],
    [{ every: '500ms' }, 'every: 500ms is not between 1s and 366d.'],
    [
      { cron: '@daily', start: 'soon' },
      'start: "soon" is no time; write 2026-12-01, 2026-12-01T09:00 or 2026-12-01T09:00:00Z.',
    ],
    [
      { cron: '@daily', start: '2026-02-30' },
      'start: "2026-02-30" is no time; write 2026-12-01, 2026-12-01T09:00 or 2026-12-01T09:00:00Z.',
    ],
    [
      { cron: '@daily', start: '2026-12-02', end: '2026-12-01' },
      'end: 2026-12-01 is before the start, 2026-12-02.',
    ],
    [{ cron: '@yearly', start: '2026-02-01', end: '2026-11-01' }, 'end: nothing fires before it.'],
    [{ every: '1m', jitter: '2m' }, 'jitter: 2m is longer than every, 1m.'],
    [{ cron: '@daily', jitter: '25h' }, 'jitter: 25h is not between 0s and 1d.'],
    [
      { cron: '@daily', calendar: 'Germany' },
      'calendar: "Germany" is neither a country such as DE, a part of one such as DE-BY, nor the path of an .ics file.',
    ],
    [{ cron: '@daily', onHoliday: 'skip' }, 'onHoliday: has an effect with a calendar only.'],
    [
      { cron: '@daily', misfire: 'skip', within: '1h' },
      "within: has no effect with misfire: 'skip'.",
    ],
    [
      { cron: '@daily', overlap: 'never' },
      'overlap: "never" is none of allow, skip, queue, cancel old.',
    ],
    [{ cron: '@daily', grace: '0s' }, 'grace: 0s is not between 1s and 30d.'],
  ])('%j', (rules, fault) => {
    expect(faultsOf(rules)).toEqual([fault]);
  });

  test('are told of all at once', () => {
    expect(faultsOf({ cron: 'x', timezone: 'Mars', grace: 'soon' })).toHaveLength(3);
  });

  test('are few: these can be', () => {
    expect(
      faultsOf({
        every: '90m',
        timezone: 'Asia/Kathmandu',
        start: '2026-12-01T09:00',
        end: '2027-12-01T09:00:00+05:45',
        jitter: '10m',
        calendar: 'DE-BY-A',
        onHoliday: 'next working day',
        overlap: 'cancel old',
        misfire: 'all',
        within: '1d',
        grace: '5m',
      }),
    ).toEqual([]);
  });
});

test.each([
  [
    { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' },
    'At 09:00, Monday through Friday (Europe/Berlin)',
  ],
  [{ cron: '*/10 * * * * *' }, 'Every 10 seconds (UTC)'],
  [{ cron: '@minutely' }, 'Every minute (UTC)'],
  [{ cron: '@secondly' }, 'Every second (UTC)'],
  [{ every: '90m', jitter: '5m' }, 'Every 1h 30m, up to 5m later'],
  [
    { cron: '@daily', start: '2026-12-01', end: '2026-12-24', calendar: 'DE-BY' },
    'At 00:00 (UTC), from 2026-12-01, until 2026-12-24, not on holidays of DE-BY',
  ],
] as [ScheduleRuleOptions, string][])('%j in words is: %s', (rules, words) => {
  expect(sayRules(completeRules(rules))).toBe(words);
});
