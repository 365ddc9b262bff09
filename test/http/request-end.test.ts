import { expect, test } from 'vitest';
import type { RequestLine } from '../../src/http/index.ts';
import { openTestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { jobOf } from '../support/runtime.ts';
import { until } from '../support/until.ts';

interface Told {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

const jobs = [jobOf('plain', () => Promise.resolve())];

async function openHeardApi() {
  const lines: RequestLine[] = [];
  const begun: string[] = [];
  const ended: (Told & { readonly request: string })[] = [];
  const api = await openTestApi('postgres', jobs, {
    door: openDoor({ onRequest: (line) => void lines.push(line) }),
    tracer: {
      receive: (request) => {
        begun.push(request);
        return `trace of ${request}`;
      },
      answer: (request, told) => void ended.push({ request, ...told }),
    },
  });
  return { api, lines, begun, ended };
}

test('a request whose client did not stay for the answer is told of once, with status 499', async () => {
  const { api, lines, begun, ended } = await openHeardApi();
  await using _ = api;
  const url = await api.listen();
  const leaving = new AbortController();
  const answer = fetch(`${url}/runs?wait=1s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'given-up' },
    body: JSON.stringify({ job: 'plain', delay: '10m' }),
    signal: leaving.signal,
  });
  await until(() => begun.includes('given-up'));
  await until(
    async () => (await api.call<{ runs: unknown[] }>('GET', '/runs')).body.runs.length > 0,
  );
  leaving.abort();
  await expect(answer).rejects.toThrow('aborted');
  const line = await until(() => lines.find(({ request }) => request === 'given-up'));
  expect(line).toMatchObject({ status: 499, aborted: true, path: '/api/v1/runs' });
  // Its handler has come to its end, too.
  await api.call('POST', '/runs?wait=1100ms', { job: 'plain', delay: '10m' });
  expect(lines.filter(({ request }) => request === 'given-up')).toHaveLength(1);
  expect(ended.filter(({ request }) => request === 'given-up')).toMatchObject([
    { method: 'POST', route: '/api/v1/runs', status: 499 },
  ]);
});

test('a request that was answered is told of once, and not as given up', async () => {
  const { api, lines, ended } = await openHeardApi();
  await using _ = api;
  const url = await api.listen();
  for (const [id, path] of [
    ['found', '/jobs'],
    ['lost', '/nowhere'],
  ] as const)
    await (await fetch(`${url}${path}`, { headers: { 'x-request-id': id } })).text();
  await until(() => lines.length === 2);
  await api.call('GET', '/jobs', undefined, { 'x-request-id': 'inside' });
  await until(() => lines.length === 3);
  expect(lines.map(({ request, status }) => [request, status])).toEqual([
    ['found', 200],
    ['lost', 404],
    ['inside', 200],
  ]);
  expect(lines.filter(({ aborted }) => aborted)).toEqual([]);
  expect(ended.map(({ request }) => request)).toEqual(['found', 'lost', 'inside']);
});

test('a client that leaves a stream had an answer: its line says so, and that it left', async () => {
  const { api, lines } = await openHeardApi();
  await using _ = api;
  const url = await api.listen();
  const id = await api.runtime.enqueuer.enqueue('plain', {}, { delayMs: 600_000 });
  const leaving = new AbortController();
  const stream = await fetch(`${url}/runs/${id}/events`, { signal: leaving.signal });
  await stream.body!.getReader().read();
  leaving.abort();
  const line = await until(() => lines.find(({ path }) => path.endsWith('/events')));
  expect(line).toMatchObject({ status: 200, aborted: true });
});
