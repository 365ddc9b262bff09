import { expect, test } from 'vitest';
import { openSpoiltClock } from './clock.ts';

test('a spoilt clock moves what asks for the time, and nothing that is given one', () => {
  const RealDate = Date;
  try {
    const clock = openSpoiltClock();
    clock.jump(3_600_000);
    const ahead = new Date().getTime() - RealDate.now();
    expect([
      Math.round(ahead / 60_000),
      Math.round((Date.now() - RealDate.now()) / 60_000),
    ]).toEqual([60, 60]);
    expect(new Date(5).getTime()).toBe(5);
    expect(new Date('2026-01-01T00:00:00Z').toISOString()).toBe('2026-01-01T00:00:00.000Z');
    expect(new Date()).toBeInstanceOf(RealDate);
    clock.jump(0);
    expect(Math.abs(Date.now() - RealDate.now())).toBeLessThan(1000);
  } finally {
    globalThis.Date = RealDate;
  }
});
