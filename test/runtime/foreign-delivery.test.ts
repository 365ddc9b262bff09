import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foreignDelivery } from '../../src/runtime/foreign-delivery.ts';

const uuid = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const name = fc.record({
  queue: fc.string(),
  id: fc.string(),
  timestamp: fc.oneof(fc.double(), fc.integer()),
});

test('the same job has the same name, whatever its timestamp, and another has another', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(foreignDelivery(one)).toMatch(uuid);
      expect(foreignDelivery({ ...one })).toBe(foreignDelivery(one));
      const same = String([one.queue, one.id, one.timestamp]) === String(Object.values(other));
      if (!same) expect(foreignDelivery(one)).not.toBe(foreignDelivery(other));
    }),
  );
  const [job, id] = ['sorting', '1'];
  const stamps = [0, 1, 4_102_444_800_000, 8.64e15 * 10, Number.NaN];
  const names = stamps.map((timestamp) => foreignDelivery({ queue: job, id, timestamp }));
  expect(new Set(names).size).toBe(stamps.length);
});
