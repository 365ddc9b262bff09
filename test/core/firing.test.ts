import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Calendar } from '../../src/core/calendar.ts';
import { decideFirings, type Situation, type WaitingFiring } from '../../src/core/firing.ts';
import { completeRules, type ScheduleRuleOptions } from '../../src/core/schedule-rules.ts';
import { openTimetable } from '../../src/core/timetable.ts';

const minute = 60_000;
const noon = new Date('2026-03-10T12:00:00Z');
const at = (minutes: number) => new Date(noon.getTime() + minutes * minute);

/** Decides at `minutes` past noon about a schedule of every minute that was last decided about at noon. */
function decide(
  minutes: number,
  rules: ScheduleRuleOptions = {},
  situation: Partial<Situation> = {},
) {
  const complete = completeRules({ every: '1m', ...rules });
  return decideFirings({
    rules: complete,
    timetable: openTimetable('tick', complete),
    now: at(minutes),
    nextDue: at(1),
    isPaused: false,
    isBusy: false,
    waiting: [],
    ...situation,
  });
}

/** `1 fire, 2 skip misfire`: the minute past noon, and what became of it. */
const told = ({ firings }: ReturnType<typeof decide>) =>
  firings
    .map(({ due, fate, why }) =>
      [(due.getTime() - noon.getTime()) / minute, fate, why].filter((x) => x !== null).join(' '),
    )
    .join(', ');

const waitingFor = (why: WaitingFiring['why'], ...minutes: number[]): WaitingFiring[] =>
  minutes.map((one) => ({ due: at(one), at: at(one), why }));

describe('a moment that has come', () => {
  test('fires, and the next one is looked at in its time', () => {
    const decision = decide(1.1);
    expect(told(decision)).toBe('1 fire');
    expect(decision).toMatchObject({ nextDue: at(2), lookAt: at(2), cancelsOld: false });
  });

  test('is not decided about before', () => {
    expect(decide(0.9)).toMatchObject({ firings: [], nextDue: at(1), lookAt: at(1) });
  });

  test('is skipped while the schedule is paused, and written down as that', () => {
    expect(told(decide(2.5, {}, { isPaused: true }))).toBe('1 skip paused, 2 skip paused');
  });
});

describe('moments that come late', () => {
  test.each(['once', 'all', 'skip'] as const)(
    '%s: within their grace they fire, each',
    (misfire) => {
      const decision = decide(3.5, { misfire, grace: '3m' });
      expect(told(decision)).toBe('1 fire, 2 fire, 3 fire');
      expect(decision.firings.some(({ missed }) => missed)).toBe(false);
    },
  );

  test.each([
    ['once', 3.5, '1 skip misfire, 2 skip misfire, 3 fire'],
    ['all', 3.5, '1 fire, 2 fire, 3 fire'],
    ['skip', 3.5, '1 skip misfire, 2 skip misfire, 3 fire'],
    // The next moment is far away.
    ['once', 50, '1 skip misfire, 31 fire'],
    ['all', 50, '1 fire, 31 fire'],
    ['skip', 50, '1 skip misfire, 31 skip misfire'],
  ] as const)('%s: what is later is missed, %d minutes past', (misfire, now, expected) => {
    const every = now < 10 ? '1m' : '30m';
    const decision = decide(now, { misfire, every, start: at(1).toISOString() });
    expect(told(decision)).toBe(expected);
    expect(decision.firings[0]).toMatchObject({ missed: true });
  });

  test('are skipped where they are older than `within`', () => {
    expect(told(decide(5.5, { misfire: 'all', within: '2m' }))).toBe(
      '1 skip misfire, 2 skip misfire, 3 skip misfire, 4 fire, 5 fire',
    );
    expect(told(decide(9, { every: '1h', start: at(1).toISOString(), within: '5m' }))).toBe(
      '1 skip misfire',
    );
  });

  test('are a thousand at once at the most, and the rest follows without a pause', () => {
    const first = decide(2500);
    expect(first.firings).toHaveLength(1000);
    expect(first.firings.every(({ fate, why }) => fate === 'skip' && why === 'misfire')).toBe(true);
    expect(first).toMatchObject({ nextDue: at(1001), lookAt: at(2500) });
    const last = decide(2500.5, {}, { nextDue: at(2001) });
    expect(last.firings.filter(({ fate }) => fate === 'fire')).toMatchObject([{ due: at(2500) }]);
  });
});

describe('while a run goes on', () => {
  const busy = { isBusy: true };
  test.each([
    ['allow', '1 fire', false],
    ['skip', '1 skip overlap', false],
    ['queue', '1 wait overlap', false],
    ['cancel old', '1 fire', true],
  ] as const)('overlap %s', (overlap, expected, cancelsOld) => {
    const decision = decide(1.1, { overlap }, busy);
    expect(told(decision)).toBe(expected);
    expect(decision.cancelsOld).toBe(cancelsOld);
  });

  test('of several that come at once, one goes', () => {
    const all = { misfire: 'all' } as const;
    expect(told(decide(3.1, { ...all, overlap: 'skip' }))).toBe(
      '1 fire, 2 skip overlap, 3 skip overlap',
    );
    expect(told(decide(3.1, { ...all, overlap: 'queue' }))).toBe(
      '1 fire, 2 wait overlap, 3 wait overlap',
    );
    expect(told(decide(3.1, { ...all, overlap: 'cancel old' }))).toBe(
      '1 skip overlap, 2 skip overlap, 3 fire',
    );
  });

  test('what waits goes one after the other, before what has just come', () => {
    const waiting = waitingFor('overlap', -2, -1);
    const rules = { overlap: 'queue' } as const;
    expect(told(decide(1.1, rules, { waiting }))).toBe('-2 fire, 1 wait overlap');
    const held = decide(1.1, rules, { waiting, isBusy: true });
    expect(told(held)).toBe('1 wait overlap');
    expect(held.lookAt!.getTime() - at(1.1).getTime()).toBe(5000);
  });

  test('a thousand wait at the most', () => {
    const waiting = waitingFor('overlap', ...Array.from({ length: 1000 }, (_, i) => -i));
    expect(told(decide(1.1, { overlap: 'queue' }, { waiting, isBusy: true }))).toBe(
      '1 skip overlap',
    );
  });

  test('a pause holds what waits, without looking after it', () => {
    const waiting = waitingFor('overlap', -1);
    expect(
      decide(0.5, { overlap: 'queue' }, { waiting, isPaused: true, nextDue: undefined }),
    ).toEqual({ firings: [], cancelsOld: false, nextDue: undefined, lookAt: undefined });
  });
});

/** Tuesday 10 March 2026, and the days that are added. */
const holidays = (...days: string[]): Calendar => ({
  holidayOn: (day) => (day === '2026-03-10' || days.includes(day) ? 'Tea Day' : undefined),
  weekend: [6, 7],
});

describe('on a holiday', () => {
  const rules = {
    every: undefined as never,
    cron: '0 12 10 * *',
    timezone: 'UTC',
    calendar: 'DE',
  };
  const onHoliday = (policy: 'skip' | 'next working day', situation: Partial<Situation>) =>
    decide(0.1, { ...rules, onHoliday: policy }, { nextDue: noon, ...situation });

  test('a firing is skipped', () => {
    expect(told(onHoliday('skip', { calendar: holidays() }))).toBe('0 skip holiday');
  });

  test('a firing moves to the same time of the next working day', () => {
    const calendar = holidays('2026-03-11', '2026-03-12', '2026-03-13');
    const moved = onHoliday('next working day', { calendar });
    // Saturday and Sunday are no working days, Monday is.
    expect(moved.firings).toMatchObject([{ fate: 'wait', at: new Date('2026-03-16T12:00:00Z') }]);
    expect(moved.lookAt).toEqual(new Date('2026-03-16T12:00:00Z'));
  });

  test('a firing that would move to another one of the schedule is skipped', () => {
    const daily = { ...rules, cron: '0 12 * * *', onHoliday: 'next working day' } as const;
    const decision = decide(0.1, daily, { nextDue: noon, calendar: holidays() });
    expect(told(decision)).toBe('0 skip holiday');
  });

  test('what was moved fires in its time, or as its misfire policy says', () => {
    const waiting: WaitingFiring[] = [{ due: at(-1440), at: noon, why: 'holiday' }];
    const late = (minutes: number, misfire: 'skip' | 'once') =>
      told(decide(minutes, { ...rules, misfire }, { waiting, nextDue: undefined }));
    expect(late(-1, 'once')).toBe('');
    expect(late(0.5, 'skip')).toBe('-1440 fire');
    expect(late(5, 'once')).toBe('-1440 fire');
    expect(late(5, 'skip')).toBe('-1440 skip misfire');
  });
});

const policies = fc.record({
  overlap: fc.constantFrom('allow', 'skip', 'queue', 'cancel old'),
  misfire: fc.constantFrom('skip', 'once', 'all'),
  jitter: fc.constantFrom(undefined, '5s', '40s', '1h'),
  within: fc.constantFrom(undefined, '3m', '1h'),
  pattern: fc.constantFrom({ every: '1m' }, { every: '7m' }, { cron: '*/3 * * * *' }),
}) as fc.Arbitrary<ScheduleRuleOptions & { pattern: ScheduleRuleOptions }>;

/** Looks at these times, one after the other, as a control plane does that rests now and then; runs end by `busy`. */
function play(
  options: ScheduleRuleOptions,
  looks: readonly {
    readonly after: number;
    readonly isBusy: boolean;
    readonly isPaused: boolean;
  }[],
) {
  const rules = completeRules(options);
  const timetable = openTimetable('tick', rules);
  let now = noon.getTime();
  let nextDue = timetable.next(noon);
  let waiting: WaitingFiring[] = [];
  const fates = new Map<number, string[]>();
  const decisions = looks.map(({ after, isBusy, isPaused }) => {
    now += after;
    const situation = { rules, timetable, now: new Date(now), nextDue, isBusy, isPaused, waiting };
    const decision = decideFirings(situation);
    for (const { due, fate } of decision.firings)
      fates.set(due.getTime(), [...(fates.get(due.getTime()) ?? []), fate]);
    const settled = new Set(decision.firings.map(({ due }) => due.getTime()));
    waiting = [
      ...waiting.filter(({ due }) => !settled.has(due.getTime())),
      ...decision.firings.filter(({ fate }) => fate === 'wait'),
    ] as WaitingFiring[];
    nextDue = decision.nextDue;
    return { ...decision, situation };
  });
  return { rules, timetable, fates, decisions, now: new Date(now), waiting };
}

const looks = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 20 * minute }),
    isBusy: fc.boolean(),
    isPaused: fc.constantFrom(false, false, false, true),
  }),
  { minLength: 1, maxLength: 20 },
);

describe('whatever the policies are and whenever somebody looks', () => {
  test('every moment that has come is decided about, each once, and none before its time', () => {
    fc.assert(
      fc.property(policies, looks, ({ pattern, ...others }, seen) => {
        const { timetable, fates, now } = play({ ...pattern, ...others }, seen);
        const expected: number[] = [];
        for (
          let due = timetable.next(noon);
          due && timetable.plan(due) <= now;
          due = timetable.next(due)
        )
          expected.push(due.getTime());
        expect([...fates.keys()].sort((a, b) => a - b)).toEqual(expected);
        for (const ends of fates.values()) {
          // It may wait first; then it ends, and never again.
          expect(ends.filter((fate) => fate !== 'wait').length).toBeLessThanOrEqual(1);
          expect(ends.slice(0, -1).every((fate) => fate === 'wait')).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('decisions go forward, and look again no later than something can become of a moment', () => {
    fc.assert(
      fc.property(policies, looks, ({ pattern, ...others }, seen) => {
        const { timetable, decisions } = play({ ...pattern, ...others }, seen);
        for (const { nextDue, lookAt, situation } of decisions) {
          expect(nextDue!.getTime()).toBeGreaterThanOrEqual(situation.nextDue!.getTime());
          expect(timetable.plan(nextDue!).getTime()).toBeGreaterThan(situation.now.getTime());
          expect(lookAt!.getTime()).toBeLessThanOrEqual(timetable.plan(nextDue!).getTime());
        }
      }),
      { numRuns: 60 },
    );
  });

  test('at most one fires where runs may not overlap, and none beside one that goes on unless that is cancelled', () => {
    fc.assert(
      fc.property(policies, looks, ({ pattern, ...others }, seen) => {
        const { rules, decisions } = play({ ...pattern, ...others }, seen);
        if (rules.overlap === 'allow') return;
        for (const { firings, cancelsOld, situation } of decisions) {
          const fired = firings.filter(({ fate }) => fate === 'fire').length;
          expect(fired).toBeLessThanOrEqual(situation.isBusy && !cancelsOld ? 0 : 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a decision that is made again is the same', () => {
    fc.assert(
      fc.property(policies, looks, ({ pattern, ...others }, seen) => {
        for (const { situation, ...decision } of play({ ...pattern, ...others }, seen).decisions)
          expect(decideFirings(situation)).toEqual(decision);
      }),
      { numRuns: 60 },
    );
  });
});
