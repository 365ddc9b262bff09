import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { describeHold, type Hold, isGated } from '../../src/core/limits.ts';

const options = {
  name: 'digest',
  summary: 'Sends a digest.',
  payload: z.object({ topic: z.string() }),
  run: () => Promise.resolve(undefined),
};
const key = ({ topic }: { topic: string }) => topic;

describe('the limits of a job', () => {
  test('are none unless it has one of the options, and then its runs wait at a gate', () => {
    expect(isGated(defineJob(options))).toBe(false);
    for (const limits of [
      { key },
      { concurrency: { total: 3 } },
      { key, concurrency: { perKey: 1 } },
      { rate: { max: 5, per: '1m' as const } },
      { ageing: '10s' as const },
      { maxQueued: { runs: 10, whenFull: 'reject' as const } },
    ])
      expect(isGated(defineJob({ ...options, ...limits }))).toBe(true);
  });

  test.each([
    [{ concurrency: {} }, 'concurrency: says neither total nor perKey'],
    [{ concurrency: { total: 0 } }, 'concurrency.total: not a whole number from 1 to 100,000'],
    [
      { concurrency: { perKey: 1 } },
      'concurrency.perKey: needs the option key, which says whose run it is',
    ],
    [
      { key, concurrency: { perKey: 1, key } },
      'concurrency.key: key is an option of the job itself',
    ],
    [{ concurrency: { most: 1, total: 1 } }, 'concurrency.most: there is no such option'],
    [{ rate: { max: 10_001, per: '1m' } }, 'rate.max: not a whole number from 1 to 10,000'],
    [{ rate: { max: 1, per: 'soon' } }, 'rate.per: "soon" is not a duration'],
    [{ rate: { max: 1, per: '25d' } }, 'rate.per: not between 1ms and 24 days'],
    [
      { rate: { max: 1, per: '1m', perKey: true } },
      'rate.perKey: needs the option key, which says whose run it is',
    ],
    [{ ageing: '0s' }, 'ageing: not between 1ms and 24 days'],
    [{ maxQueued: { runs: 1.5, whenFull: 'reject' } }, 'maxQueued.runs: not a whole number from 1'],
    [
      { maxQueued: { runs: 1, whenFull: 'drop newest' } },
      'maxQueued.whenFull: "drop newest" is neither reject nor drop oldest',
    ],
    [{ key: 'topic' }, 'key: not a function'],
  ])('%o is refused', (limits, fault) => {
    expect(() => defineJob({ ...options, ...limits } as never)).toThrow(fault);
  });

  test('are refused with every fault at once', () => {
    expect(() =>
      defineJob({ ...options, concurrency: { total: -1 }, rate: { max: 0, per: '1m' } }),
    ).toThrow(/concurrency\.total.*; rate\.max/);
  });
});

describe('what holds back a run', () => {
  const hold: Hold = {
    key: 'acme',
    phase: 'waiting',
    total: 5,
    perKey: 2,
    rateMax: 10,
    ratePerMs: 60_000,
    ratePerKey: false,
    released: 0,
    releasedOfKey: 0,
  };
  test.each<[Partial<Hold>, RegExp]>([
    [{ phase: 'asleep' }, /its time has not come/],
    [{ phase: 'released' }, /on its way/],
    [{ releasedOfKey: 2 }, /of the key acme, 2 of at most 2 are under way/],
    [{ released: 5 }, /of the job, 5 of at most 5 are under way/],
    [{}, /10 of the job have started within 1m/],
    [{ ratePerKey: true }, /10 of the key acme have started/],
    [{ rateMax: null, ratePerMs: null }, /others go before it/],
  ])('%o is told', (facts, sentence) => {
    expect(describeHold({ ...hold, ...facts })).toMatch(sentence);
  });
});
