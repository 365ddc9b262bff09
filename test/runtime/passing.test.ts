import { expect, test } from 'vitest';
import { openPassing } from '../../src/runtime/passing.ts';

test('a delivery is passed on and laid to rest in turns, each for itself', () => {
  const { isDue } = openPassing();
  expect([isDue('a'), isDue('b'), isDue('a'), isDue('b'), isDue('a')]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

test('it does not remember without end', () => {
  const { isDue } = openPassing();
  expect(isDue('first')).toBe(true);
  for (let i = 0; i < 10_000; i++) isDue(`${i}`);
  expect(isDue('first')).toBe(true);
});
