import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logChiSquareTail } from '../../../../jobs/mail-triage/spam/chi-square.ts';
import { combineScores, scoreFeature } from '../../../../jobs/mail-triage/spam/fisher.ts';

describe('logChiSquareTail', () => {
  // With 2 degrees of freedom the tail is e^(-x/2); with 4 it is e^(-x/2)(1 + x/2): by hand.
  test.each([
    [2, 1, -1],
    [10, 1, -5],
    [2, 2, -1 + Math.log(2)],
    [6, 3, -3 + Math.log(1 + 3 + 4.5)],
  ])('of %d with %d pairs of degrees is %d', (value, halfDegrees, log) => {
    expect(logChiSquareTail(value, halfDegrees)).toBeCloseTo(log, 12);
  });

  test('matches the tables: 5 % at 18.307 with 10 degrees of freedom', () => {
    expect(Math.exp(logChiSquareTail(18.307, 5))).toBeCloseTo(0.05, 5);
  });

  test('does not underflow where the chance itself would', () => {
    expect(logChiSquareTail(4000, 2)).toBeCloseTo(-2000 + Math.log(2001), 6);
    // Chernoff's bound for a Poisson variable of mean 3000 below 2000, less the width of its term.
    const bound = -1000 + 2000 * Math.log(1.5);
    expect(logChiSquareTail(6000, 2000)).toBeLessThan(bound);
    expect(logChiSquareTail(6000, 2000)).toBeGreaterThan(bound - 8);
  });
});

describe('scoreFeature', () => {
  test('is Robinson’s f(w): (0.1 · 0.5 + 4 · 0.75) / 4.1 for shares 3/10 and 1/10', () => {
    expect(scoreFeature({ spam: 3, ham: 1 }, { spam: 10, ham: 10 })).toBeCloseTo(
      (0.05 + 3) / 4.1,
      12,
    );
  });

  test('compares shares of each side, not counts', () => {
    expect(scoreFeature({ spam: 10, ham: 1 }, { spam: 1000, ham: 100 })).toBeCloseTo(0.5, 12);
  });

  test('of what was never seen is even', () => {
    expect(scoreFeature({ spam: 0, ham: 0 }, { spam: 5, ham: 5 })).toBe(0.5);
    expect(scoreFeature({ spam: 0, ham: 0 }, { spam: 0, ham: 0 })).toBe(0.5);
  });
});

describe('combineScores', () => {
  test('of one score 0.9 is (ln 0.9 − ln 0.1) / √2', () => {
    expect(combineScores([0.9])).toBeCloseTo((Math.log(0.9) - Math.log(0.1)) / Math.SQRT2, 12);
  });

  test('of two scores follows Fisher by hand', () => {
    const tail = (p: number, q: number) => Math.log(p * q) + Math.log(1 - Math.log(p * q));
    expect(combineScores([0.9, 0.8])).toBeCloseTo(
      (tail(0.9, 0.8) - tail(0.1, 0.2)) / Math.sqrt(3),
      10,
    );
  });

  test('is the same with the sides exchanged, but for the sign', () => {
    const scores = fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(scores, (list) => {
        const mirrored = combineScores(list.map((score) => 1 - score));
        expect(combineScores(list)).toBeCloseTo(-mirrored, 6);
      }),
    );
  });

  test('of nothing is even', () => {
    expect(combineScores([])).toBe(0);
  });
});
