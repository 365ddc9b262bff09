import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerForeign } from '../../src/core/foreign.ts';
import { restMs } from '../../src/core/rest.ts';
import { finalStates, type RunState, runStates } from '../../src/core/run.ts';

const ended = { result: { a: 1 }, artifact: null, error: null, ageMs: 1000, dueMs: -1000 };

test('a foreign job ends when its run has, and no sooner', () => {
  for (const state of runStates)
    expect('restMs' in answerForeign({ ...ended, state })).toBe(!finalStates.includes(state));
});

test('it ends as its run did', () => {
  const artifact = { key: 'k', bytes: 1, sha256: 's' };
  const error = { name: 'Error', message: 'the disk is full' };
  expect(answerForeign({ ...ended, state: 'succeeded' })).toEqual({ value: { a: 1 } });
  expect(answerForeign({ ...ended, state: 'succeeded', artifact })).toEqual({
    value: { artifact },
  });
  expect(answerForeign({ ...ended, state: 'failed', error })).toEqual({ refused: error.message });
});

test('an unfinished run is looked at again after a tenth of its age, by its time, and within a minute', () => {
  const state = fc.constantFrom<RunState>('queued', 'active', 'blocked');
  fc.assert(
    fc.property(
      state,
      fc.double({ noNaN: true, min: 0, max: 1e12 }),
      fc.integer(),
      (at, ageMs, dueMs) => {
        const answer = answerForeign({ ...ended, state: at, ageMs, dueMs }) as { restMs: number };
        expect(answer.restMs).toBeGreaterThanOrEqual(300);
        expect(answer.restMs).toBeLessThanOrEqual(60_000);
        if (ageMs < 600_000) expect(answer.restMs).toBeGreaterThanOrEqual(Math.min(dueMs, 60_000));
      },
    ),
  );
});

test('a rest is a part of the wait, between its bounds', () => {
  const rest = { part: 1, leastMs: 500, mostMs: 5000 };
  expect([-1, 0, 700, 1e9].map((ms) => restMs(ms, rest))).toEqual([500, 500, 700, 5000]);
});
