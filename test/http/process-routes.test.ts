import { expect, test } from 'vitest';
import { openLogScope } from '../../src/app/log-scope.ts';
import { type Actor, nobody } from '../../src/core/actor.ts';
import { buildHealthServer, type Health } from '../../src/http/index.ts';

const readiness = () => Promise.resolve({ ready: true, components: [] });
const quiet = { readiness, onBug: () => undefined };

test('every answer has an id of its own, which the log knows on the way of the request, after its body too', async () => {
  const scope = openLogScope();
  const server = buildHealthServer({ ...quiet, within: scope.within });
  const seen: (string | undefined)[] = [];
  server.addHook('preHandler', async () => {
    await Promise.resolve();
    seen.push(scope.ids().request);
  });
  server.post('/api/v1/hooks/:name', () => ({}));
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const answered: (string | null)[] = [];
  for (let i = 0; i < 3; i++) {
    const body = JSON.stringify({ long: 'x'.repeat(100_000) });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v1/hooks/told`, { method: 'POST', headers, body });
    answered.push(response.headers.get('x-request-id'));
  }
  await server.close();
  expect(new Set(answered).size).toBe(3);
  expect(seen).toEqual(answered);
  expect(scope.ids()).toEqual({});
});

test('whose key a request came with is known to the log once its door has let it in', async () => {
  const scope = openLogScope();
  const server = buildHealthServer({ ...quiet, within: scope.within });
  const seen: (string | undefined)[] = [];
  let next: Actor = nobody;
  server.addHook('onRequest', async (request) => {
    await Promise.resolve();
    request.actor = next;
  });
  server.addHook('preHandler', async () => {
    await Promise.resolve();
    seen.push(scope.ids().actor);
  });
  for (next of [nobody, { kind: 'key', id: 'k1', name: 'ci', role: 'developer' }] as Actor[])
    await server.inject({ url: '/health/live' });
  expect(seen).toEqual([undefined, 'key k1']);
});

test.each([
  ['up', true, 200],
  ['degraded', true, 200],
  ['down', false, 503],
] as const)(
  '/health that is %s answers so, with the status that says whether to send work',
  async (state, ready, status) => {
    const components: Health['components'] = [
      { name: 'queue', state: 'degraded', latencyMs: 1.5, says: 'gone', todo: 'Start Redis.' },
    ];
    const health = () => Promise.resolve({ state, ready, components });
    const server = buildHealthServer({ ...quiet, health });
    const response = await server.inject({ url: '/health' });
    expect([response.statusCode, response.json()]).toEqual([status, { state, ready, components }]);
    // Asked often, and by machines: the shape that it always had.
    expect((await server.inject({ url: '/health/ready' })).json()).toEqual({
      ready: true,
      components: [],
    });
  },
);

test('/metrics is served where there are metrics, in the type that Prometheus asks for, and kept by nobody', async () => {
  const contentType = 'text/plain; version=0.0.4; charset=utf-8';
  const metrics = { contentType, scrape: () => Promise.resolve('up 1\n') };
  const response = await buildHealthServer({ ...quiet, metrics }).inject({ url: '/metrics' });
  expect([response.statusCode, response.body]).toEqual([200, 'up 1\n']);
  expect(response.headers).toMatchObject({
    'content-type': contentType,
    'cache-control': 'no-store',
  });
  expect((await buildHealthServer(quiet).inject({ url: '/metrics' })).statusCode).toBe(404);
});
