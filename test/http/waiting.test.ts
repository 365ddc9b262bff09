import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatRun, type RunDetails } from '../../src/cli/commands/run-texts.ts';
import { buildServer, type Server } from '../../src/http/index.ts';
import { openRelay, openWaker, type Relay, type Waker } from '../../src/runtime/index.ts';
import { openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { scheduleServices } from '../support/schedules.ts';
import { until } from '../support/until.ts';
import { waitingJobs } from '../support/waiting-jobs.ts';

let runtime: TestRuntime;
let server: Server;
let waker: Waker;
let relay: Relay;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', waitingJobs);
  server = buildServer(
    { ...runtime, ...scheduleServices(runtime), detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
    },
  );
  const services = { ...runtime, onError: (error: unknown) => void runtime.errors.push(error) };
  waker = await openWaker(services);
  relay = await openRelay(services);
  await runtime.work();
});
afterAll(async () => {
  await waker.close();
  await relay.close();
  await server.close();
  await runtime[Symbol.asyncDispose]();
});

async function call<T>(method: 'GET' | 'POST', path: string, payload?: object) {
  const response = await server.inject({
    method,
    url: `/api/v1${path}`,
    ...(payload && { payload }),
  });
  return { status: response.statusCode, body: response.json<T>() };
}

/** The run once its children wait. */
async function openFamily(key: string): Promise<RunDetails> {
  const id = await runtime.enqueuer.enqueue('parent', { deed: 'family', key });
  return until(async () => {
    const { body } = await call<RunDetails>('GET', `/runs/${id}`);
    const grandchildren = body.children[0]?.children ?? [];
    return grandchildren.length === 2 && grandchildren.every(({ state }) => state === 'blocked')
      ? body
      : undefined;
  });
}

test('a run is answered with what it waits for and the tree below it, and people see both', async () => {
  const run = await openFamily('shown');
  expect(run).toMatchObject({
    state: 'blocked',
    parent: null,
    waits: [{ name: 'all below', kind: 'children', size: 1, until: null }],
    counts: { blocked: 1 },
    children: [{ job: 'parent', state: 'blocked', counts: { blocked: 2 }, children: [{}, {}] }],
  });
  const [middle] = run.children;
  const text = formatRun(run);
  expect(text).toMatch(/waits for below: children, for .* so far/);
  expect(text).toContain('1 child: 1 blocked');
  expect(text).toContain(`    ${middle!.id}  parent  blocked`);
  expect(text).toContain(`      ${middle!.children[0]!.id}  patient  blocked`);
  const { body } = await call<{ runs: RunDetails[] }>('GET', `/runs?parent=${middle!.id}`);
  expect(body.runs).toHaveLength(2);
  const below = await call<RunDetails>('GET', `/runs/${middle!.children[0]!.id}`);
  expect(below.body).toMatchObject({ parent: middle!.id, waits: [{ event: 'go' }] });
  expect(formatRun(below.body)).toMatch(/waits for go: event go \(shown, attached\)/);
});

test('an event by HTTP wakes who waits for it, and says how many', async () => {
  const run = await openFamily('sent');
  for (const key of ['sent, attached', 'sent, detached'])
    expect(await call('POST', '/events', { name: 'go', key, payload: 'now' })).toEqual({
      status: 202,
      body: { woken: 1 },
    });
  const done = await until(async () => {
    const { body } = await call<RunDetails>('GET', `/runs/${run.id}`);
    return body.state === 'succeeded' ? body : undefined;
  });
  expect(done.result).toEqual([[{ got: 'now' }, { got: 'now' }]]);
  expect(await call('POST', '/events', { name: 'go', key: 'nobody' })).toMatchObject({
    body: { woken: 0 },
  });
});

test('a bad event is refused', async () => {
  expect(await call('POST', '/events', { name: 'not this' })).toMatchObject({
    status: 400,
    body: { code: 'event.invalid' },
  });
  expect(await call('POST', '/events', { key: 'x' })).toMatchObject({ status: 400 });
  expect(await call('GET', '/runs?parent=me')).toMatchObject({ status: 400 });
});

test('of many children the first are shown, and the others counted', async () => {
  const { body } = await call<{ id: string }>('POST', '/runs', {
    job: 'parent',
    payload: { deed: 'many', n: 30 },
  });
  const done = await until(async () => {
    const run = await call<RunDetails>('GET', `/runs/${body.id}`);
    return run.body.state === 'succeeded' ? run.body : undefined;
  });
  expect(done.children).toHaveLength(20);
  expect(done.counts).toEqual({ succeeded: 30 });
  expect(formatRun(done)).toContain('(and 10 more)');
});
