import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { buildServer, type Server } from '../../src/http/index.ts';
import { openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, scheduleServices } from '../support/schedules.ts';

const job = defineJob({
  name: 'digest',
  summary: 'Sends a digest.',
  payload: z.object({ topic: z.string() }),
  run: () => Promise.resolve(),
});

let runtime: TestRuntime;
let server: Server;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [job]);
  server = buildServer(
    { ...runtime, ...scheduleServices(runtime), detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
    },
  );
});
afterAll(async () => {
  await server.close();
  await runtime[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await runtime.database.query('delete from nightshift.schedules');
  const payload = { topic: 'tea' };
  await plant(runtime, [defineSchedule({ name: 'morning', job, payload, cron: '0 9 * * 1-5' })]);
});

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) {
  const answer = await server.inject({
    method,
    url: `/api/v1/schedules${path}`,
    ...(body && { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

test('the list says in words when each fires, who says so, and where it stands', async () => {
  const { body } = await ask('GET', '');
  expect(body['schedules']).toMatchObject([
    {
      name: 'morning',
      job: 'digest',
      cron: '0 9 * * 1-5',
      timezone: 'UTC',
      words: 'At 09:00, Monday through Friday (UTC)',
      overlap: 'allow',
      state: 'active',
      origin: 'config',
      late: false,
      nextAt: expect.stringMatching(/T09:00:00.000Z$/),
    },
  ]);
});

test('one shows its last firings, and what config says differently', async () => {
  expect(await ask('PATCH', '/morning', { every: '2h' })).toMatchObject({
    status: 200,
    body: { every: '2h', words: 'Every 2h', origin: 'edited', editedBy: 'local operator' },
  });
  await ask('POST', '/morning/run');
  const { body } = await ask('GET', '/morning');
  expect(body).toMatchObject({
    configSays: { cron: '0 9 * * 1-5', every: null },
    firings: [{ state: 'fired', cause: 'by hand', lateMs: expect.any(Number) }],
  });
  expect(await ask('POST', '/morning/reset')).toMatchObject({
    status: 200,
    body: { origin: 'config', cron: '0 9 * * 1-5' },
  });
});

test('the next firings are told, as many as wanted', async () => {
  const { body } = await ask('GET', '/morning/next?count=6');
  expect(body).toMatchObject({ words: 'At 09:00, Monday through Friday (UTC)', timezone: 'UTC' });
  const next = body['next'] as { due: string; fate: string }[];
  expect(next).toHaveLength(6);
  expect(next.every(({ fate }) => fate === 'fires')).toBe(true);
  expect(
    next.map(({ due }) => new Date(due).getUTCDay()).every((day) => day >= 1 && day <= 5),
  ).toBe(true);
});

test('a schedule is created, paused, resumed, run, backfilled and deleted', async () => {
  const created = await ask('POST', '', {
    name: 'hourly',
    job: 'digest',
    payload: { topic: 'tea' },
    every: '1h',
    jitter: '5m',
    timezone: 'Europe/Berlin',
    overlap: 'queue',
  });
  expect(created).toMatchObject({
    status: 201,
    body: { origin: 'created', jitter: '5m', overlap: 'queue', editedBy: 'local operator' },
  });
  expect(await ask('POST', '/hourly/pause', { reason: 'moving' })).toMatchObject({
    status: 200,
    body: { state: 'paused', pauseReason: 'moving' },
  });
  expect(await ask('POST', '/hourly/resume')).toMatchObject({
    status: 200,
    body: { state: 'active' },
  });
  expect(await ask('POST', '/hourly/run')).toMatchObject({
    status: 202,
    body: { run: expect.any(String), due: expect.any(String) },
  });
  const range = { from: '2026-01-01', to: '2026-01-01T02:00', dryRun: true };
  const preview = await ask('POST', '/hourly/backfill', range);
  expect(preview).toMatchObject({ status: 200, body: { dryRun: true } });
  // From midnight to two o'clock in Berlin.
  expect(preview.body['moments']).toEqual([
    { due: '2025-12-31T23:00:00.000Z', fate: 'waits' },
    { due: '2026-01-01T00:00:00.000Z', fate: 'waits' },
    { due: '2026-01-01T01:00:00.000Z', fate: 'waits' },
  ]);
  expect((await ask('POST', '/hourly/backfill', { ...range, dryRun: false })).status).toBe(202);
  const firings = await ask('GET', '/hourly/firings?limit=2&before=2026-02-01T00:00:00Z');
  expect(firings.body['firings']).toMatchObject([
    { due: '2026-01-01T01:00:00.000Z', state: 'waiting', cause: 'backfill' },
    { due: '2026-01-01T00:00:00.000Z', state: 'waiting', cause: 'backfill' },
  ]);
  expect(await ask('DELETE', '/hourly')).toMatchObject({ status: 200, body: { deleted: true } });
  expect((await ask('GET', '/hourly')).status).toBe(404);
});

test('nothing of it was a bug', () => expect(runtime.errors).toEqual([]));

describe('what is wrong is told as a problem', () => {
  const good = { name: 'x', job: 'digest', payload: { topic: 'tea' }, cron: '@daily' };
  test.each([
    [{ ...good, cron: '0 0 30 2 *' }, 400, 'schedule.invalid', /a day like that never comes/],
    [{ ...good, timezone: 'Mars' }, 400, 'schedule.invalid', /"Mars" is not a time zone/],
    [
      { ...good, start: '2026-12-02', end: '2026-12-01' },
      400,
      'schedule.invalid',
      /before the start/,
    ],
    [{ ...good, calendar: 'XX' }, 400, 'calendar.unknown', /no calendar of holidays "XX"/],
    [{ ...good, calendar: '/none.ics' }, 503, 'calendar.unreadable', /ENOENT/],
    [{ ...good, job: 'digset' }, 404, 'job.unknown', /did you mean "digest"/],
    [{ ...good, payload: {} }, 400, 'payload.invalid', /topic/],
    [{ ...good, name: 'morning' }, 409, 'schedule.taken', /already/],
    [{ ...good, name: 'No Name' }, 400, 'schedule.invalid', /lower-case/],
    [{ ...good, croon: '@daily' }, 400, 'request.invalid', /croon/],
    [{ ...good, overlap: 'never' }, 400, 'request.invalid', /overlap/],
  ])('%j', async (body, status, code, detail) => {
    const answer = await ask('POST', '', body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body['detail']).toMatch(detail);
    expect((await ask('GET', '/x')).status).toBe(404);
  });

  test('and so it is with a schedule that is not there, whatever is asked of it', async () => {
    for (const [method, path, body] of [
      ['GET', '/mornig'],
      ['GET', '/mornig/next'],
      ['PATCH', '/mornig', { cron: '@daily' }],
      ['DELETE', '/mornig'],
      ['POST', '/mornig/pause'],
      ['POST', '/mornig/resume'],
      ['POST', '/mornig/reset'],
      ['POST', '/mornig/run'],
      ['POST', '/mornig/backfill', { from: '2026-01-01', to: '2026-01-02' }],
    ] as const)
      expect(await ask(method, path, body)).toMatchObject({
        status: 404,
        body: {
          code: 'schedule.missing',
          detail: expect.stringContaining('did you mean "morning"'),
        },
      });
  });
});
