import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/core/errors.ts';
import { defineJob } from '../../src/core/job.ts';
import { collectSchedules, defineSchedule } from '../../src/core/schedule.ts';
import { nextFiring } from '../../src/core/timetable.ts';

const digest = defineJob({
  name: 'digest',
  summary: 'Sends a digest.',
  payload: z.object({ topic: z.string(), limit: z.int().max(50).default(10) }),
  run: () => Promise.resolve(undefined),
});

function defineWith(changes: { name?: string; cron?: string; timezone?: string }) {
  return defineSchedule({
    name: 'digest',
    job: digest,
    payload: { topic: 'tea' },
    cron: '@daily',
    ...changes,
  });
}

describe('a schedule', () => {
  test('names its job, and is in UTC unless it says otherwise', () => {
    expect(defineWith({})).toEqual({
      name: 'digest',
      job: digest,
      payload: { topic: 'tea' },
      rules: {
        cron: '@daily',
        timezone: 'UTC',
        overlap: 'allow',
        misfire: 'once',
        grace: '1m',
      },
    });
    expect(Object.isFrozen(defineWith({}))).toBe(true);
  });

  test('whose payload is of the wrong type does not compile', () => {
    const options = { name: 'digest', job: digest, cron: '@daily' };
    // @ts-expect-error -- a number is no topic
    expect(() => defineSchedule({ ...options, payload: { topic: 1 } })).toThrow('payload.topic');
    // @ts-expect-error -- the topic is missing
    expect(() => defineSchedule({ ...options, payload: {} })).toThrow('payload.topic');
    // @ts-expect-error -- there is no colour
    defineSchedule({ ...options, payload: { topic: 'tea', colour: 'green' } });
  });

  test('tells all of its faults at once', () => {
    const define = () =>
      defineSchedule({
        name: 'My digest',
        job: digest,
        payload: { topic: 'tea', limit: 99 },
        cron: 'sometimes',
        timezone: 'Mars',
      });
    expect(define).toThrow(
      'schedules.My digest.name: "My digest" is not lower-case words joined by "-". ' +
        'cron: "sometimes" is not a cron expression; write five fields, six with seconds first, or a name: "0 9 * * 1-5", "@daily". ' +
        'timezone: "Mars" is not a time zone',
    );
    expect(define).toThrow('payload.limit: Too big: expected number to be <=50.');
  });

  test('shares its name with no other', () => {
    const schedules = [defineWith({}), defineWith({ name: 'other' })];
    expect(collectSchedules(schedules)).toEqual(schedules);
    expect(() => collectSchedules([...schedules, defineWith({})])).toThrow(
      'schedules.digest.name: two schedules have it.',
    );
  });

  test.each([
    ['every day', '; did you mean "@daily"?'],
    ['hourly', '; did you mean "@hourly"?'],
    ['@dayly', '; did you mean "@daily"?'],
    ['@DAILY', '; did you mean "@daily"?'],
    ['every 5 minutes', '; did you mean "*/5 * * * *"?'],
    ['each 2 hours', '; did you mean "0 */2 * * *"?'],
    ['10 seconds', '; did you mean "*/10 * * * * *"?'],
    ['60 * * * *', ': the minute cannot be "60".'],
    ['0 0 * * MOON', ': the day of week cannot be "MOON".'],
    ['0 60 * * * *', ': the minute cannot be "60".'],
    ['H * * * *', ': the minute cannot be "H".'],
    ['0 0 30 2 *', ': a day like that never comes.'],
    ['', '; write five fields, six with seconds first, or a name: "0 9 * * 1-5", "@daily".'],
    ['* * *', '; write five fields, six with seconds first, or a name: "0 9 * * 1-5", "@daily".'],
    ['@reboot', '; write five fields, six with seconds first, or a name: "0 9 * * 1-5", "@daily".'],
  ])('refuses the cron expression "%s" and helps', (cron, hint) => {
    expect(() => defineWith({ cron })).toThrow(
      new Failure('schedule.invalid', {
        schedule: 'digest',
        faults: `cron: "${cron}" is not a cron expression${hint}`,
      }),
    );
  });

  test.each([
    ['Europe/Berln', '; did you mean "Europe/Berlin"?'],
    ['Berlin', '; did you mean "Europe/Berlin"?'],
    ['Asia/Tokio', '; did you mean "Asia/Tokyo"?'],
    ['', '; write one as in Europe/Berlin or UTC.'],
    ['the moon, far side', '; write one as in Europe/Berlin or UTC.'],
  ])('refuses the time zone "%s" and helps', (timezone, hint) => {
    expect(() => defineWith({ timezone })).toThrow(
      new Failure('schedule.invalid', {
        schedule: 'digest',
        faults: `timezone: "${timezone}" is not a time zone${hint}`,
      }),
    );
  });
});

/** The firings of `cron` from `from` to `to`, each found from the one before. */
function firings(cron: string, timezone: string, [from, to]: readonly [string, string]): string[] {
  const found: string[] = [];
  let next = nextFiring(cron, timezone, new Date(from));
  while (next < new Date(to) && found.length < 1000) {
    found.push(next.toISOString().slice(5, 16));
    next = nextFiring(cron, timezone, next);
  }
  return found;
}

const spring = ['2026-03-28T23:30:00Z', '2026-03-30T02:00:00Z'] as const;
const autumn = ['2026-10-24T22:30:00Z', '2026-10-26T03:00:00Z'] as const;
const berlin = 'Europe/Berlin';

describe('where the clocks of Berlin are put forward', () => {
  test('a time that exists keeps its place on the wall', () => {
    expect(firings('0 9 * * *', berlin, ['2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z'])).toEqual([
      '03-28T08:00',
      '03-29T07:00',
      '03-30T07:00',
    ]);
  });

  test('a time that is skipped fires when they jump', () => {
    expect(firings('30 2 * * *', berlin, spring)).toEqual(['03-29T01:00', '03-30T00:30']);
  });

  test('several skipped times fire once', () => {
    expect(firings('*/10 2 * * *', berlin, spring).slice(0, 2)).toEqual([
      '03-29T01:00',
      '03-30T00:00',
    ]);
  });

  test('a schedule of every hour goes on evenly', () => {
    expect(firings('30 * * * *', berlin, spring).slice(0, 4)).toEqual([
      '03-29T00:30',
      '03-29T01:30',
      '03-29T02:30',
      '03-29T03:30',
    ]);
    expect(firings('0 * * * *', berlin, spring).slice(0, 3)).toEqual([
      '03-29T00:00',
      '03-29T01:00',
      '03-29T02:00',
    ]);
  });
});

describe('where the clocks of Berlin are put back', () => {
  test('a time that comes twice fires once, the first time', () => {
    expect(firings('30 2 * * *', berlin, autumn)).toEqual(['10-25T00:30', '10-26T01:30']);
  });

  test('a time that comes twice fires once, also for somebody who looks in between', () => {
    expect(nextFiring('30 2 * * *', berlin, new Date('2026-10-25T00:45:00Z'))).toEqual(
      new Date('2026-10-26T01:30:00Z'),
    );
  });

  test('a schedule of every hour fires in both hours', () => {
    expect(firings('*/30 * * * *', berlin, autumn).slice(0, 7)).toEqual([
      '10-24T23:00',
      '10-24T23:30',
      '10-25T00:00',
      '10-25T00:30',
      '10-25T01:00',
      '10-25T01:30',
      '10-25T02:00',
    ]);
  });
});

describe('elsewhere', () => {
  test('a midnight that is skipped is not a day without a firing', () => {
    const days = ['2018-11-03T00:00:00Z', '2018-11-05T12:00:00Z'] as const;
    expect(firings('0 0 * * *', 'America/Sao_Paulo', days)).toEqual([
      '11-03T03:00',
      '11-04T03:00',
      '11-05T02:00',
    ]);
  });

  test('a jump by half an hour is followed', () => {
    const night = ['2026-04-04T14:00:00Z', '2026-04-04T16:45:00Z'] as const;
    expect(firings('*/30 * * * *', 'Australia/Lord_Howe', night)).toEqual([
      '04-04T14:30',
      '04-04T15:00',
      '04-04T15:30',
      '04-04T16:00',
      '04-04T16:30',
    ]);
  });

  test.each([
    ['@hourly', '2026-01-01T10:30:00Z', '2026-01-01T11:00:00Z'],
    ['@weekly', '2026-01-01T10:30:00Z', '2026-01-04T00:00:00Z'],
    ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['0 0 29 FEB *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 L * *', '2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['*/10 * * * * *', '2026-01-01T00:00:00.001Z', '2026-01-01T00:00:10Z'],
  ])('%s after %s is %s', (cron, after, next) => {
    expect(nextFiring(cron, 'UTC', new Date(after))).toEqual(new Date(next));
  });
});

const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
);
const moments = fc.date({
  min: new Date('2005-01-01T00:00:00Z'),
  max: new Date('2035-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const field = (max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 2, max }).map((n) => `*/${n}`),
    fc.nat(max).map(String),
  );
const crons = fc
  .tuple(field(59), field(23), fc.constantFrom('*', '*', '1-5', '0'))
  .map(([minute, hour, weekday]) => `${minute} ${hour} * * ${weekday}`);

describe('the next firing', () => {
  test('is later than the moment, and the same from any moment before it', () => {
    fc.assert(
      fc.property(
        crons,
        zones,
        moments,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cron, zone, after, part) => {
          const next = nextFiring(cron, zone, after);
          expect(next.getTime()).toBeGreaterThan(after.getTime());
          expect(nextFiring(cron, zone, next).getTime()).toBeGreaterThan(next.getTime());
          const between =
            after.getTime() + Math.floor((next.getTime() - 1 - after.getTime()) * part);
          expect(nextFiring(cron, zone, new Date(between))).toEqual(next);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('is on the minute, and shows what was asked for unless the clocks jumped to it', () => {
    fc.assert(
      fc.property(fc.nat(59), fc.nat(23), zones, moments, (minute, hour, zone, after) => {
        const next = nextFiring(`${minute} ${hour} * * *`, zone, after);
        const shown = wallOf(next, zone);
        if (isJump(next, zone)) return;
        expect(shown).toEqual([hour, minute, 0]);
      }),
      { numRuns: 400 },
    );
  });

  test('of a daily schedule comes exactly once a day, whatever the clocks do', () => {
    fc.assert(
      fc.property(fc.nat(59), fc.nat(23), zones, moments, (minute, hour, zone, after) => {
        const first = nextFiring(`${minute} ${hour} * * *`, zone, after);
        const second = nextFiring(`${minute} ${hour} * * *`, zone, first);
        const hours = (second.getTime() - first.getTime()) / 3_600_000;
        // Samoa skipped the whole of 30 December 2011; its firing of that day comes at the jump.
        expect(hours === 24 || isNearJump(first, zone)).toBe(true);
        expect(hours).toBeGreaterThanOrEqual(0);
        expect(hours).toBeLessThanOrEqual(25.5);
      }),
      { numRuns: 400 },
    );
  });
});

function wallOf(date: Date, timeZone: string): number[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' });
  return format.format(date).split(':').map(Number);
}

/** True when what the wall shows does not go on evenly into `date`. */
function isJump(date: Date, timeZone: string): boolean {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offset = (time: number) => format.format(time).split(', ')[1];
  return offset(date.getTime() - 1) !== offset(date.getTime());
}

/** True when the clocks jump within two days of `date`. */
function isNearJump(date: Date, timeZone: string): boolean {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offset = (time: number) => format.format(time).split(', ')[1];
  const twoDays = 172_800_000;
  return offset(date.getTime() - twoDays) !== offset(date.getTime() + twoDays);
}
