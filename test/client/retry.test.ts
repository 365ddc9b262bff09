import { expect, test } from 'vitest';
import { NightshiftError, ProblemError } from '../../src/client/index.ts';
import { pauseBefore, readRetryAfter, usualRetry } from '../../src/client/retry.ts';

const problem = (status: number, retryAfterMs?: number, code = 'x', kind = 'limited') =>
  new ProblemError({ status, code, kind, detail: '' }, retryAfterMs);
const pauseAfter = (error: unknown, tried = 1, random = 1) =>
  pauseBefore(error, { tried, random }, usualRetry);

test('pauses double, up to the longest, and are left to chance', () => {
  const lost = new NightshiftError('client.unreachable', '');
  expect([1, 2, 3, 4].map((tried) => pauseAfter(lost, tried))).toEqual([200, 400, 800, 1600]);
  expect(pauseAfter(lost, 1, 0.25)).toBe(50);
  expect(pauseBefore(lost, { tried: 20, random: 1 }, { ...usualRetry, tries: 99 })).toBe(30_000);
});

test('after the last try there is none', () => {
  expect(pauseAfter(problem(503), 5)).toBeUndefined();
});

test.each([408, 425, 429, 502, 503, 504])('%i passes', (status) => {
  expect(pauseAfter(problem(status))).toBe(200);
});

test.each([400, 401, 403, 404, 409, 413, 422])('%i does not pass', (status) => {
  expect(pauseAfter(problem(status))).toBeUndefined();
});

test('a 500 is tried again, unless the server knows it for a bug of a job', () => {
  expect(pauseAfter(problem(500, undefined, 'internal', 'bug'))).toBe(200);
  expect(pauseAfter(problem(500, undefined, 'run.key_failed', 'bug'))).toBeUndefined();
});

test('the server is left alone for as long as it asks, or altogether', () => {
  expect(pauseAfter(problem(429, 4000), 1, 0.5)).toBe(4100);
  expect(pauseAfter(problem(429, 60_000))).toBeUndefined();
});

test('what the caller did is not tried again', () => {
  expect(pauseAfter(new DOMException('stop', 'AbortError'))).toBeUndefined();
  expect(pauseAfter(new NightshiftError('client.argument', ''))).toBeUndefined();
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-11-21T03:00:00Z');
  expect(readRetryAfter('7', now)).toBe(7000);
  expect(readRetryAfter('Sat, 21 Nov 2026 03:00:30 GMT', now)).toBe(30_000);
  expect(readRetryAfter('Sat, 21 Nov 2026 02:00:30 GMT', now)).toBe(0);
  expect(readRetryAfter('soon', now)).toBeUndefined();
  expect(readRetryAfter(null, now)).toBeUndefined();
});
