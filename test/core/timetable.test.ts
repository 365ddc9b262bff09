import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeRules, type ScheduleRuleOptions } from '../../src/core/schedule-rules.ts';
import { openTimetable } from '../../src/core/timetable.ts';

/** The moments of a schedule in a range, as `MM-DDTHH:MM` in UTC. */
function moments(options: ScheduleRuleOptions, from: string, to: string): string[] {
  const timetable = openTimetable('tick', completeRules(options));
  const found: string[] = [];
  let due = timetable.next(new Date(from));
  while (due && due < new Date(to)) {
    found.push(due.toISOString().slice(5, 16));
    due = timetable.next(due);
  }
  return found;
}

describe('an interval', () => {
  test('is counted from the start, whenever somebody looks', () => {
    const rules = { every: '90m', start: '2026-01-01T00:10Z' } as const;
    const day = ['2026-01-01T00:00:00Z', '2026-01-01T05:00:00Z'] as const;
    expect(moments(rules, ...day)).toEqual([
      '01-01T00:10',
      '01-01T01:40',
      '01-01T03:10',
      '01-01T04:40',
    ]);
    expect(moments(rules, '2026-01-01T03:00:00Z', day[1])).toEqual(['01-01T03:10', '01-01T04:40']);
  });

  test('without a start is on the hour of UTC', () => {
    expect(moments({ every: '6h' }, '2026-01-01T01:23:45Z', '2026-01-02T00:01:00Z')).toEqual([
      '01-01T06:00',
      '01-01T12:00',
      '01-01T18:00',
      '01-02T00:00',
    ]);
  });

  test.each([
    ['Europe/Berlin', '2026-03-29T00:00:00Z', '2026-10-25T00:00:00Z'],
    ['America/New_York', '2026-03-08T05:00:00Z', '2026-11-01T04:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T14:00:00Z', '2026-04-04T13:00:00Z'],
  ])('goes on evenly through both changes of %s', (timezone, spring, autumn) => {
    for (const from of [spring, autumn]) {
      const to = new Date(Date.parse(from) + 6 * 3_600_000).toISOString();
      const found = moments({ every: '30m', timezone }, from, to);
      expect(found).toHaveLength(11);
    }
  });

  test('drifts by nothing, however it is looked at', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (seconds, after) => {
          const timetable = openTimetable('x', completeRules({ every: `${seconds}s` }));
          const next = timetable.next(after)!;
          expect(next.getTime()).toBeGreaterThan(after.getTime());
          expect(next.getTime() - after.getTime()).toBeLessThanOrEqual(seconds * 1000);
          expect(next.getTime() % (seconds * 1000)).toBe(0);
        },
      ),
    );
  });
});

describe('daylight saving, for times on the wall', () => {
  // Each zone with the local day of its change; the times are those of a daily and an hourly schedule.
  test.each([
    // 02:00 becomes 03:00
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T23:00:00Z', ['03-29T01:00', '03-30T00:30']],
    ['America/New_York', '30 2 * * *', '2026-03-08T05:00:00Z', ['03-08T07:00', '03-09T06:30']],
    // 02:00 becomes 02:30
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T13:30:00Z', ['10-03T15:30', '10-04T15:15']],
  ])('%s: a time that is skipped fires when the clocks jump', (timezone, cron, from, expected) => {
    const to = new Date(Date.parse(from) + 36 * 3_600_000).toISOString();
    expect(moments({ cron, timezone }, from, to)).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T22:00:00Z', ['10-25T00:30', '10-26T01:30']],
    ['America/New_York', '30 1 * * *', '2026-11-01T04:00:00Z', ['11-01T05:30', '11-02T06:30']],
    // 02:00 becomes 01:30
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T13:00:00Z', ['04-04T14:45', '04-05T15:15']],
  ])('%s: a time that comes twice fires once, the first time', (timezone, cron, from, expected) => {
    const to = new Date(Date.parse(from) + 36 * 3_600_000).toISOString();
    expect(moments({ cron, timezone }, from, to)).toEqual(expected);
  });

  test.each([
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-10-24T22:00:00Z'],
    ['America/New_York', '2026-03-08T05:00:00Z', '2026-11-01T04:00:00Z'],
  ])('%s: every hour of the day there is one, 23 or 25 of them', (timezone, spring, autumn) => {
    const count = (from: string, hours: number) =>
      moments(
        { cron: '0 * * * *', timezone },
        new Date(Date.parse(from) - 1).toISOString(),
        new Date(Date.parse(from) + hours * 3_600_000).toISOString(),
      );
    expect(count(spring, 23)).toHaveLength(23);
    expect(count(autumn, 25)).toHaveLength(25);
  });
});

describe('start and end', () => {
  test('are moments themselves', () => {
    const rules = { every: '1h', start: '2026-01-01T10:00Z', end: '2026-01-01T12:00Z' } as const;
    expect(moments(rules, '2025-12-31T00:00:00Z', '2026-01-03T00:00:00Z')).toEqual([
      '01-01T10:00',
      '01-01T11:00',
      '01-01T12:00',
    ]);
  });

  test('without an offset are on the clocks of the time zone', () => {
    const rules = {
      cron: '0 9 * * *',
      timezone: 'America/New_York',
      start: '2026-03-07',
      end: '2026-03-09T09:00',
    };
    // The clocks are put forward on the 8th.
    expect(moments(rules, '2026-01-01T00:00:00Z', '2026-12-01T00:00:00Z')).toEqual([
      '03-07T14:00',
      '03-08T13:00',
      '03-09T13:00',
    ]);
  });
});

describe('jitter', () => {
  const names = fc.stringMatching(/^[a-z]{1,10}$/);
  const patterns = fc.constantFrom<ScheduleRuleOptions>(
    { every: '1m' },
    { cron: '*/5 * * * *' },
    { cron: '@daily', timezone: 'Europe/Berlin' },
  );
  const jitters = fc.constantFrom('1s', '30s', '10m', '1d' as const);
  const starts = fc.date({
    min: new Date('2020-01-01'),
    max: new Date('2030-01-01'),
    noInvalidDate: true,
  });

  test('keeps its bounds and the order of firings, and is the same each time', () => {
    fc.assert(
      fc.property(names, patterns, jitters, starts, (name, pattern, jitter, after) => {
        const rules = completeRules({ ...pattern, jitter });
        const timetable = openTimetable(name, rules);
        const due = timetable.next(after)!;
        const next = timetable.next(due)!;
        const plan = timetable.plan(due).getTime();
        expect(plan).toBeGreaterThanOrEqual(due.getTime());
        expect(plan).toBeLessThan(next.getTime());
        const { jitter: none, ...still } = rules;
        expect(openTimetable(name, still).plan(due)).toEqual(due);
        expect(openTimetable(name, rules).plan(due).getTime()).toBe(plan);
        const jitterMs = { '1s': 1e3, '30s': 3e4, '10m': 6e5, '1d': 864e5 }[none as '1s'];
        expect(plan - due.getTime()).toBeLessThan(jitterMs);
      }),
    );
  });

  test('spreads schedules of the same moment evenly', () => {
    const due = new Date('2026-01-01T00:00:00Z');
    const tenths = Array<number>(10).fill(0);
    for (let i = 0; i < 2000; i++) {
      const rules = completeRules({ cron: '@daily', jitter: '10m' });
      const ms = openTimetable(`schedule-${i}`, rules).plan(due).getTime() - due.getTime();
      tenths[Math.floor(ms / 60_000)]!++;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(140);
    expect(Math.max(...tenths)).toBeLessThan(260);
  });
});
