import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationMs, formatMs } from '../../src/core/duration.ts';
import { Failure } from '../../src/core/errors.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const units = fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[]));

describe('a duration', () => {
  test('is its number times its unit', () => {
    fc.assert(
      fc.property(fc.nat(100_000), units, (number, unit) => {
        expect(durationMs(`${number}${unit}`)).toBe(number * unitMs[unit]);
      }),
    );
  });

  test('may be a fraction, to the millisecond', () => {
    expect(durationMs('1.5h')).toBe(5_400_000);
    expect(durationMs('0.0005s')).toBe(1);
  });

  test.each(['', '5', 's', '5 s', '-5s', '1e3s', '5S', '5min', '.5s', 'NaNs', '5s\n', '5s5m'])(
    'is not "%s"',
    (value) => {
      expect(() => durationMs(value)).toThrow(new Failure('duration.invalid', { value }));
    },
  );

  test('of any text is a whole number of milliseconds or a failure', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(Number.isInteger(durationMs(text))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'duration.invalid' });
        }
      }),
    );
  });
});

describe('milliseconds as people read them', () => {
  test.each([
    [0, '0ms'],
    [340, '340ms'],
    [1000, '1s'],
    [2540, '2.5s'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [3_600_000, '1h'],
    [5_400_000, '1h 30m'],
    [86_400_000, '1d'],
    [183_600_000, '2d 3h'],
  ])('%d is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  test('say what was meant, to a part in twenty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 10 }), (ms) => {
        const meant = formatMs(ms)
          .split(' ')
          .reduce((sum, part) => sum + durationMs(part), 0);
        expect(Math.abs(meant - ms)).toBeLessThanOrEqual(ms / 20);
      }),
    );
  });

  test('come back from a whole duration of one unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 23 }), units, (number, unit) => {
        expect(formatMs(durationMs(`${number}${unit}`))).toBe(`${number}${unit}`);
      }),
    );
  });
});
