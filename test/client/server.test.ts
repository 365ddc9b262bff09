import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Client, openClient } from '../../src/client/index.ts';
import { buildServer, listenOnPort, type Server } from '../../src/http/index.ts';
import { listRuns } from '../../src/ledger/index.ts';
import { makeKey } from '../support/keys.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { scheduleServices } from '../support/schedules.ts';
import { until } from '../support/until.ts';

const adding = jobOf(
  'adding',
  (ctx, { a, b }: { a: number; b: number }) => {
    ctx.log.info('adding', { a, b });
    ctx.progress(1, 1);
    if (a < 0) throw new Error('there are no such numbers');
    return Promise.resolve({ sum: a + b });
  },
  { payload: z.object({ a: z.number(), b: z.number() }) },
);
const large = jobOf('large', () => Promise.resolve('x'.repeat(1_000_000)));

let runtime: TestRuntime;
let server: Server;
let client: Client;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [adding, large]);
  server = buildServer(
    { ...runtime, ...scheduleServices(runtime), detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
    },
  );
  const url = await listenOnPort(server, { host: '127.0.0.1', port: 0 });
  const { secret: key } = await makeKey(runtime.database);
  client = openClient({ url, key });
  await runtime.work();
});
afterAll(async () => {
  await server.close();
  await runtime[Symbol.asyncDispose]();
});

test('a run is enqueued, waited for and found', async () => {
  const id = await client.enqueue('adding', { a: 1, b: 2 });
  expect(await client.wait(id)).toMatchObject({ id, state: 'succeeded', result: { sum: 3 } });
  expect(await client.find(id)).toMatchObject({ state: 'succeeded', shownState: 'succeeded' });
});

test('a run that fails is waited for, too', async () => {
  const id = await client.enqueue('adding', { a: -1, b: 2 });
  expect(await client.wait(id)).toMatchObject({
    state: 'failed',
    error: { message: 'there are no such numbers' },
  });
});

test('a result that is kept in the archive comes whole', async () => {
  const id = await client.enqueue('large', {});
  const { result } = await client.wait(id);
  expect(result).toHaveLength(1_000_000);
});

test('what happens to a run is streamed to its end, with its log', async () => {
  const id = await client.enqueue('adding', { a: 1, b: 2 });
  const seen = new Map<string, unknown>();
  for await (const { type, data } of client.stream(id)) seen.set(type, data);
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['state', 'log', 'end']));
  expect(seen.get('log')).toMatchObject({ message: 'adding', data: { a: 1, b: 2 } });
  expect(seen.get('end')).toMatchObject({ run: id, state: 'succeeded' });
});

test('a run is cancelled, and again without harm', async () => {
  const id = await client.enqueue('adding', { a: 1, b: 2 }, { delay: '1h' });
  expect(await client.cancel(id, { reason: 'no longer wanted' })).toMatchObject({
    state: 'cancelled',
  });
  expect(await client.cancel(id)).toMatchObject({ state: 'cancelled' });
});

test('what the server refuses has its code', async () => {
  const codeOf = (call: Promise<unknown>) => call.catch((error: { code: string }) => error.code);
  expect(await codeOf(client.enqueue('adding', { a: 'one' }))).toBe('payload.invalid');
  expect(await codeOf(client.enqueue('addign', {}))).toBe('job.unknown');
  expect(await codeOf(client.find('not an id'))).toBe('run.id_invalid');
  expect(await codeOf(client.find('00000000-0000-7000-8000-000000000000'))).toBe('run.missing');
});

test('many are enqueued together, all or none', async () => {
  const many = (payloads: object[]) => client.enqueueMany('adding', payloads, { delay: '1h' });
  const payloads = Array.from({ length: 300 }, (_, a) => ({ a, b: 1 }));
  const ids = await many(payloads);
  expect(new Set(ids).size).toBe(300);
  expect(await client.find(ids[7]!)).toMatchObject({ payload: { a: 7 } });
  const count = async () => (await listRuns(runtime.database, { limit: 1000 })).length;
  const before = await until(count);
  await expect(many([{ a: 1, b: 1 }, { a: 'wrong' }])).rejects.toMatchObject({
    code: 'batch.refused',
    problem: { refused: [{ index: 1, code: 'payload.invalid' }] },
  });
  expect(await count()).toBe(before);
});
