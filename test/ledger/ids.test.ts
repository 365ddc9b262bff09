import { afterEach, expect, test, vi } from 'vitest';
import { acceptedAt } from '../../src/core/run-id.ts';
import { newId } from '../../src/ledger/index.ts';

afterEach(() => void vi.useRealTimers());

test('ids are uuids of version 7 that say when they were made', () => {
  const before = Date.now();
  const id = newId();
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(acceptedAt(id).getTime()).toBeGreaterThanOrEqual(before);
  expect(acceptedAt(id).getTime()).toBeLessThanOrEqual(Date.now());
});

test('ids ascend within a millisecond, and when the clock is set back', () => {
  vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') });
  const ids = Array.from({ length: 5000 }, newId);
  vi.setSystemTime(new Date('2029-12-31T23:00:00Z'));
  ids.push(...Array.from({ length: 5000 }, newId));
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});
