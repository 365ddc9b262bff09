import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../examples/generator/random.ts';
import { chaosFootprints } from '../place.ts';
import { kindsOn, planFaults } from './plan.ts';

describe.each(chaosFootprints)('the plan of faults on %s', (footprint) => {
  const kinds = kindsOn(footprint);
  const plan = (seed: number) =>
    planFaults(createRandom(seed), { kinds, frequent: kinds, count: 40, detectionMs: 3000 });

  test('is the same for the same seed, and another for another', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test('has every kind, and every fault lasts as long as its kind may', () => {
    const planned = plan(3);
    expect(new Set(planned.map(({ kind }) => kind))).toEqual(new Set(kinds));
    for (const { kind, lastsMs } of planned) {
      const [from, to] = kind.lastsMs(3000);
      expect(lastsMs).toBeGreaterThanOrEqual(from);
      expect(lastsMs).toBeLessThanOrEqual(to);
    }
  });
});

test('every kind has its own name, which --faults can take', () => {
  const names = kindsOn('cluster').map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.includes(','))).toEqual([]);
});
