import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupByDelivery, shareDeliveries } from '../../src/core/bundle.ts';

const run = fc.record({
  job: fc.constantFrom('a', 'b'),
  priority: fc.constantFrom(0, 7),
  delayMs: fc.constantFrom(0, 0, 0, 500),
  bundle: fc.constantFrom(1, 3, 50),
});
const runs = fc
  .array(run, { maxLength: 200 })
  .map((some) => some.map((one, at) => ({ ...one, id: at, delivery: `delivery ${at}` })));

test('runs keep their order, and only runs of one job and priority that are due share a delivery', () => {
  fc.assert(
    fc.property(runs, (before) => {
      const after = shareDeliveries(before);
      expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      for (const bundle of groupByDelivery(after)) {
        const { job, priority, delivery, id } = bundle[0]!;
        expect(delivery).toBe(`delivery ${id}`);
        if (bundle.length === 1) continue;
        for (const one of bundle) expect(one).toMatchObject({ job, priority, delayMs: 0 });
      }
    }),
  );
});

test('no bundle is larger than its job allows, and no run waits alone that could have company', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), (count, max) => {
      const same = Array.from({ length: count }, (_, at) => ({
        job: 'a',
        priority: 0,
        delivery: `${at}`,
        bundle: max,
      }));
      const sizes = groupByDelivery(shareDeliveries(same)).map(({ length }) => length);
      expect(sizes.length).toBe(Math.ceil(count / max));
      expect(sizes.every((size, at) => size === max || at === sizes.length - 1)).toBe(true);
    }),
  );
});
