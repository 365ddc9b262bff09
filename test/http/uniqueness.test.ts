import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildServer, type Server } from '../../src/http/index.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { scheduleServices } from '../support/schedules.ts';

let runtime: TestRuntime;
let server: Server;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [
    jobOf('resting', () => Promise.resolve(), { expires: '1h' }),
  ]);
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

async function enqueue(options: object, payload: unknown = {}) {
  const body = { job: 'resting', payload, ...options };
  const response = await server.inject({ method: 'POST', url: '/api/v1/runs', payload: body });
  return { status: response.statusCode, body: response.json<{ id: string; existing?: true }>() };
}

test.each([
  [
    { unique: { key: 'a' }, delay: '1h' },
    { rule: 'unique', key: 'a' },
  ],
  [{ debounce: { key: 'a', for: '1m', upTo: '5m' } }, { rule: 'debounce', forMs: 60_000 }],
  [{ throttle: { key: 'a', per: '1m' } }, { rule: 'throttle', forMs: 60_000 }],
])(
  'with %j the second answer is the run that is there, and says so',
  async (options, uniqueness) => {
    const first = await enqueue(options, 1);
    const second = await enqueue(options, 2);
    expect(first).toEqual({ status: 202, body: { id: expect.any(String) as string } });
    expect(second).toEqual({ status: 202, body: { id: first.body.id, existing: true } });
    const run = await server.inject({ method: 'GET', url: `/api/v1/runs/${first.body.id}` });
    expect(run.json()).toMatchObject({ uniqueness });
  },
);

test.each([
  [{ unique: {}, throttle: { key: 'a', per: '1m' } }, 'unique.together', /leave one of them out/],
  [{ unique: { key: '' } }, 'unique.key', /is empty/],
  [{ unique: { key: 'x'.repeat(256) } }, 'unique.key', /has 256 characters/],
  [{ debounce: { key: 'a', for: '2h' } }, 'unique.expiry', /may hold the run back for 2h/],
  [{ throttle: { key: 'a', per: 'soon' } }, 'duration.invalid', /"soon" is not a duration/],
  [{ debounce: { key: 'a' } }, 'request.invalid', /debounce\.for: is not a duration/],
  [{ unique: { name: 'a' } }, 'request.invalid', /name/],
])('%j is refused as %s', async (options, code, detail) => {
  const { status, body } = await enqueue(options);
  expect([status, body]).toEqual([
    400,
    expect.objectContaining({ code, detail: expect.stringMatching(detail) as string }),
  ]);
});

test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
