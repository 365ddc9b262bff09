import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aboutBytes, mayExceed } from '../../src/core/json-size.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

test('what may not exceed a limit does not', () => {
  const values = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.anything({
      withSparseArray: true,
      withDate: true,
      withNullPrototype: true,
      withTypedArray: true,
    }),
  );
  fc.assert(
    fc.property(values, fc.nat(2000), (value, limit) => {
      if (!mayExceed(value, limit)) expect(bytesOf(value)).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 2000 },
  );
});

test('a usual result need not be encoded to be measured', () => {
  expect(mayExceed({ read: 5000, labelled: { act: 3, read: 10 }, note: 'done' }, 1024)).toBe(false);
  expect(mayExceed(undefined, 0)).toBe(true);
  expect(mayExceed('x'.repeat(40_000), 256 * 1024)).toBe(false);
});

test('what goes in a circle, or says itself how it is written, has to be encoded', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(mayExceed(circle, 1024)).toBe(true);
  expect(mayExceed({ at: { toJSON: () => 'x'.repeat(2000) } }, 1024)).toBe(true);
});

test('what has to be encoded is estimated by that, and only what no JSON can say is as much as can be', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`);
  expect(aboutBytes({ payload: deep }, 10_000)).toBe(bytesOf({ payload: deep }));
  expect(aboutBytes([{ toJSON: () => 'x'.repeat(20) }], 10_000)).toBe(24);
  const circle: unknown[] = [];
  circle.push(circle);
  expect(aboutBytes(circle, 10_000)).toBe(10_000);
});

test('an estimate is what plain text comes to, at least a sixth of the truth, and never more than was asked for', () => {
  expect(aboutBytes('x'.repeat(6000), 10_000)).toBeCloseTo(6000, -1);
  expect(aboutBytes({ runs: [{ payload: 'x'.repeat(6000) }] }, 1000)).toBe(1000);
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 2000 }), (value, most) => {
      const about = aboutBytes(value, most);
      expect(about).toBeLessThanOrEqual(most);
      if (about < most) expect(about * 6).toBeGreaterThanOrEqual(bytesOf(value));
    }),
  );
});
