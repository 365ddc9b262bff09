import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFinal, type Run } from '../../src/core/run.ts';
import { buildServer, type Server } from '../../src/http/index.ts';
import { findBulk, findRun } from '../../src/ledger/index.ts';
import { bulkDuty } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { scheduleServices } from '../support/schedules.ts';
import { until } from '../support/until.ts';

const failing = jobOf('failing', (_, { id }: { id: number }) =>
  Promise.reject(new Error(`item ${id} cannot be stored`)),
);
const large = jobOf('large', () => Promise.resolve({ text: 'x'.repeat(1_000_000) }));

let runtime: TestRuntime;
let server: Server;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [failing, large]);
  server = openServer(runtime);
  await runtime.work();
});
afterAll(async () => {
  await server.close();
  await runtime[Symbol.asyncDispose]();
});

function openServer(operated: TestRuntime): Server {
  return buildServer(
    { ...operated, ...scheduleServices(operated), detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
    },
  );
}

async function call(method: 'GET' | 'POST', path: string, payload?: object) {
  const response = await server.inject({
    method,
    url: `/api/v1${path}`,
    ...(payload && { payload }),
  });
  return { status: response.statusCode, body: response.json<never>(), response };
}

async function finish(job: string, payload: object): Promise<Run> {
  const id = await runtime.enqueuer.enqueue(job, payload);
  return until(async () => {
    const run = await findRun(runtime.database, id);
    return isFinal(run.state) ? run : undefined;
  });
}

test('failures are answered by cause, and a bulk retry by what the groups say', async () => {
  const runs = await Promise.all([1, 2, 3].map((id) => finish('failing', { id })));
  const { body } = await call('GET', '/runs/failures?job=failing');
  const { failures } = body as { failures: { fingerprint: string }[] };
  expect(failures).toMatchObject([{ job: 'failing', count: 3, error: { name: 'Error' } }]);
  const filter = { job: 'failing', fingerprint: failures[0]!.fingerprint };
  const preview = await call('POST', '/runs/bulk', { action: 'retry', filter, dryRun: true });
  expect(preview).toMatchObject({ status: 200, body: { dryRun: true, matched: 3 } });
  const order = { action: 'retry', filter, rate: 0.01, limit: 2 };
  const done = await call('POST', '/runs/bulk', order);
  expect(done).toMatchObject({ status: 200, body: { action: 'retry', matched: 2, changed: 2 } });
  const { id } = done.body as { id: string };
  expect((await call('GET', `/runs/bulk/${id}`)).body).toEqual(done.body);
  const { body: queued } = await call('GET', '/runs?state=queued&job=failing');
  const { runs: again } = queued as { runs: { id: string; shownState: string }[] };
  const oldestTwo = runs
    .map((run) => run.id)
    .sort()
    .slice(0, 2);
  expect(again.map((run) => [run.id, run.shownState])).toEqual([
    [oldestTwo[1], 'retrying'],
    [oldestTwo[0], 'queued'],
  ]);
});

test.each(['its transactions fail', 'every further statement fails'])(
  'a bulk action that was written down is answered as begun when %s, and the duty ends it',
  async (what) => {
    const { database } = runtime;
    const away = () => Promise.reject(new Error('the connection was lost'));
    let statements = 0;
    const query: typeof database.query = (text, values) =>
      what === 'its transactions fail' || statements++ === 0
        ? database.query(text, values)
        : away();
    await using broken = openServer({
      ...runtime,
      database: { ...database, transaction: away, query },
    });
    const response = await broken.inject({
      method: 'POST',
      url: '/api/v1/runs/bulk',
      payload: { action: 'cancel', filter: { job: 'large' }, limit: 5 },
    });
    expect(response.statusCode).toBe(202);
    const bulk = response.json<{ id: string }>();
    expect(bulk).toMatchObject({ action: 'cancel', matched: 0, limit: 5, finishedAt: null });
    await database.query(`update nightshift.bulks set touched_at = now() - interval '1 minute'`);
    await bulkDuty(runtime).run();
    expect((await findBulk(database, bulk.id)).finishedAt).not.toBeNull();
  },
);

test('a large result is referred to by the run, and streamed whole', async () => {
  const { id } = await finish('large', {});
  const { body } = await call('GET', `/runs/${id}`);
  expect(body).toMatchObject({ result: null, artifact: { bytes: 1_000_011 } });
  const { status, body: result, response } = await call('GET', `/runs/${id}/result`);
  expect([status, response.headers['content-type']]).toEqual([200, 'application/json']);
  expect(result).toEqual({ text: 'x'.repeat(1_000_000) });
  await runtime.archive.remove(await Array.fromAsync(runtime.archive.list('')));
  expect(await call('GET', `/runs/${id}/result`)).toMatchObject({
    status: 503,
    body: { code: 'artifact.missing' },
  });
});

test('a run without a result, and a wrong request, are answered as problems', async () => {
  const { id } = await finish('failing', { id: 9 });
  const bulk = (payload: object) => call('POST', '/runs/bulk', payload);
  expect(await call('GET', `/runs/${id}/result`)).toMatchObject({
    status: 409,
    body: { code: 'run.no_result' },
  });
  expect(await bulk({ action: 'retry' })).toMatchObject({
    status: 400,
    body: { code: 'bulk.everything' },
  });
  expect(await bulk({ action: 'retry', filter: { jbo: 'failing' } })).toMatchObject({
    status: 400,
  });
  expect(await bulk({ action: 'retry', filter: { from: 'yesterday' } })).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('write 2026-11-21') as string },
  });
  expect(await call('GET', '/runs/nonsense')).toMatchObject({
    status: 400,
    body: { code: 'run.id_invalid' },
  });
  expect(await call('GET', '/runs/bulk/00000000-0000-7000-8000-000000000000')).toMatchObject({
    status: 404,
    body: { code: 'bulk.missing' },
  });
});
