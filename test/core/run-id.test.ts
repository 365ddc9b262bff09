import { v7 } from 'uuid';
import { expect, test } from 'vitest';
import { acceptedAt, nameOfWeek, weekNumber } from '../../src/core/run-id.ts';

const idAt = (time: string): string => v7({ msecs: Date.parse(time) });

test('the id of a run says when it was accepted', () => {
  expect(acceptedAt(idAt('2026-11-21T18:30:00.123Z'))).toEqual(
    new Date('2026-11-21T18:30:00.123Z'),
  );
});

test.each([
  ['2026-11-15T23:59:59.999Z', '2026w46'],
  ['2026-11-16T00:00:00Z', '2026w47'],
  ['2026-11-22T23:59:59.999Z', '2026w47'],
  ['2024-12-29T12:00:00Z', '2024w52'],
  ['2024-12-30T00:00:00Z', '2025w01'],
  ['2027-01-03T23:59:59Z', '2026w53'],
  ['2027-01-04T00:00:00Z', '2027w01'],
  ['1970-01-01T00:00:00Z', '1970w01'],
])('a run accepted at %s is of the week %s', (time, week) => {
  expect(nameOfWeek(weekNumber(idAt(time)))).toBe(week);
});
