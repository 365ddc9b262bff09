import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import type { DoorOptions, RequestLine } from '../../src/http/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { until } from '../support/until.ts';

const job = defineJob({
  name: 'plain',
  summary: 'A job.',
  payload: z.object({ text: z.string().optional() }),
  run: () => Promise.resolve(),
});

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly problem: { code: string; detail: string };
}

/** By a real socket, with any `Host`. */
function ask(
  url: string,
  { method = 'GET', path = '/api/v1/jobs', headers, body }: Asked = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(`${new URL(url).origin}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const isProblem = response.headers['content-type']?.includes('problem') === true;
        const problem = (isProblem ? JSON.parse(text) : {}) as Answered['problem'];
        resolve({ status: response.statusCode!, headers: response.headers, text, problem });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

const lines: RequestLine[] = [];
let api: TestApi;
let url: string;
beforeAll(async () => {
  const door = openDoor({ onRequest: (line) => void lines.push(line) });
  api = await openTestApi('postgres', [job], { door });
  url = await api.listen();
});
afterAll(() => api[Symbol.asyncDispose]());

async function withDoor(
  { isLocal = true, ...options }: Partial<DoorOptions> & { readonly isLocal?: boolean },
  work: (url: string) => Promise<void>,
): Promise<void> {
  await using other = await openTestApi('postgres', [job], { isLocal, door: openDoor(options) });
  await work(await other.listen());
}

const json = { 'content-type': 'application/json' };
const post = (body: string | Buffer, headers: Record<string, string> = json) =>
  ask(url, { method: 'POST', path: '/api/v1/runs', headers, body });

test('every answer has the headers that browsers are kept in bounds by', async () => {
  for (const path of ['/api/v1/jobs', '/docs', '/nowhere', '/health/live']) {
    const { headers } = await ask(url, { path });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(headers['permissions-policy']).toContain('camera=()');
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers).not.toHaveProperty('x-powered-by');
  }
});

test('a request has an id, of the client or of ours, its time, and a line in the log', async () => {
  const mine = await ask(url, { headers: { 'x-request-id': 'order-4711' } });
  expect(mine.headers['x-request-id']).toBe('order-4711');
  expect(mine.headers['server-timing']).toMatch(/^total;dur=\d+\.\d$/);
  const theirs = await ask(url, {
    path: '/api/v1/runs?limit=1',
    headers: { 'x-request-id': 'a b' },
  });
  expect(theirs.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  expect(lines.find(({ request }) => request === theirs.headers['x-request-id'])).toMatchObject({
    method: 'GET',
    path: '/api/v1/runs',
    status: 200,
    address: '127.0.0.1',
  });
});

describe('bad input is answered by what is wrong with it', () => {
  test('JSON that breaks, and where', async () => {
    const cases: [string, string][] = [
      ['{"job": "plain",\n  "payload": {a: 1}}', 'line 2, column 15'],
      ['{"job": "plain"', 'line 1, column 16'],
      ['{"job": plain}', 'line 1, column 9'],
      ['[1, 2,]', 'line 1, column 7'],
      ['{"job": "pl\nain"}', 'line 1, column 12'],
    ];
    for (const [body, where] of cases) {
      const { status, problem } = await post(body);
      expect([status, problem.code]).toEqual([400, 'request.json']);
      expect(problem.detail).toContain(where);
    }
    expect((await post('{"__proto__": {"a": 1}}')).status).toBe(400);
    const latin = await post(Buffer.from('{"job": "plain", "payload": "\xe9"}', 'latin1'));
    expect([latin.status, latin.problem.code]).toEqual([400, 'request.json']);
    expect(latin.problem.detail).toContain('it is not UTF-8');
  });

  test('another content type is 415, and an unknown field is named', async () => {
    const text = await post('job=plain', { 'content-type': 'text/plain' });
    expect(text.status).toBe(415);
    const unknown = await post('{"job":"plain","jbo":1}');
    expect([unknown.status, unknown.problem.code]).toEqual([400, 'request.invalid']);
    expect(unknown.problem.detail).toContain('jbo');
    expect((await ask(url, { path: '/api/v1/runs?jbo=1' })).problem.detail).toBe(
      'querystring: Unrecognized key: "jbo".',
    );
  });

  test('11 MB are a clear 413, told before or while they come', async () => {
    const body = JSON.stringify({ job: 'plain', payload: { text: 'x'.repeat(11 * 1024 ** 2) } });
    const { status, problem } = await post(body);
    expect([status, problem.code]).toEqual([413, 'request.too_large']);
    expect(problem.detail).toContain('The body has 11mb, and 10mb are allowed');
    const chunked = await post(body, { ...json, 'transfer-encoding': 'chunked' });
    expect(chunked.status).toBe(413);
  });

  test('a cursor of another list, a changed one, and a wait that is too long', async () => {
    for (let n = 0; n < 3; n++) expect((await post('{"job":"plain"}')).status).toBe(202);
    const { text } = await ask(url, { path: '/api/v1/runs?limit=1' });
    const { cursor } = JSON.parse(text) as { cursor: string };
    expect((await ask(url, { path: `/api/v1/runs?limit=1&cursor=${cursor}` })).status).toBe(200);
    for (const path of [
      `/api/v1/workers?cursor=${cursor}`,
      `/api/v1/runs?cursor=${cursor.slice(2)}`,
      '/api/v1/runs?cursor=019aa6e2-7a00-7000-8000-000000000001',
    ])
      expect(await ask(url, { path })).toMatchObject({
        status: 400,
        problem: { code: 'cursor.invalid' },
      });
    const wait = await ask(url, {
      method: 'POST',
      path: '/api/v1/runs?wait=61s',
      headers: json,
      body: '{"job":"plain"}',
    });
    expect([wait.status, wait.problem.code]).toEqual([400, 'wait.too_long']);
    expect(wait.problem.detail).toContain('1m');
  });
});

test('what there is no route for is answered before its body comes, and the connection goes on', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let said = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const body = 'x'.repeat(50_000);
  socket.write(
    `POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  await until(() => said.includes('"route.missing"'));
  expect(said).toContain('HTTP/1.1 404');
  socket.write(`${body}GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await until(() => said.includes('"alive":true'));
  socket.destroy();
});

test('whoever has an answer already is told that it has not changed', async () => {
  const first = await ask(url);
  expect(first.headers.etag).toMatch(/^"[\w-]{22}"$/);
  const again = await ask(url, {
    headers: { 'if-none-match': `"other", W/${first.headers.etag}` },
  });
  expect([again.status, again.text]).toEqual([304, '']);
  expect(again.headers.etag).toBe(first.headers.etag);
  expect((await ask(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('every page of a list comes once, in order', async () => {
  for (let n = 0; n < 5; n++) await post('{"job":"plain"}');
  const whole = JSON.parse((await ask(url, { path: '/api/v1/runs?limit=1000' })).text) as Page;
  const paged: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const path = `/api/v1/runs?limit=2${cursor && `&cursor=${cursor}`}`;
    const page = JSON.parse((await ask(url, { path })).text) as Page;
    paged.push(...page.runs.map(({ id }) => id));
    cursor = page.cursor;
  }
  expect(paged).toEqual(whole.runs.map(({ id }) => id));
});

interface Page {
  readonly runs: readonly { readonly id: string }[];
  readonly cursor?: string;
}

describe('who may call', () => {
  test('on a loopback address, a name that is not this machine is refused (DNS rebinding)', async () => {
    const evil = await ask(url, { headers: { host: 'evil.example:2300' } });
    expect([evil.status, evil.problem.code]).toEqual([403, 'request.host']);
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:2300', 'nightshift.localhost'])
      expect((await ask(url, { headers: { host } })).status).toBe(200);
    expect((await ask(url, { path: '/health/live', headers: { host: '10.1.2.3' } })).status).toBe(
      200,
    );
  });

  test('a name that is set is taken, and others are not, on any address', async () => {
    await withDoor({ host: '0.0.0.0', hosts: ['jobs.example.com'] }, async (at) => {
      expect((await ask(at, { headers: { host: 'jobs.example.com' } })).status).toBe(200);
      expect((await ask(at, { headers: { host: 'other.example.com' } })).status).toBe(403);
    });
    await withDoor({ host: '0.0.0.0' }, async (at) => {
      expect((await ask(at, { headers: { host: 'other.example.com' } })).status).toBe(200);
    });
  });

  test('a page of another site may change nothing, unless its origin is set', async () => {
    const from = (at: string, origin: string) =>
      ask(at, {
        method: 'POST',
        path: '/api/v1/runs',
        headers: { ...json, origin },
        body: '{"job":"plain"}',
      });
    for (const origin of ['https://evil.example', 'null'])
      expect(await from(url, origin)).toMatchObject({
        status: 403,
        problem: { code: 'request.origin' },
      });
    expect((await from(url, new URL(url).origin)).status).toBe(202);
    const friend = 'https://app.example.com';
    await withDoor({ corsOrigins: [friend] }, async (at) => {
      const { status, headers } = await from(at, friend);
      expect([status, headers['access-control-allow-origin']]).toEqual([202, friend]);
      expect((await from(at, 'https://evil.example')).status).toBe(403);
      const preflight = await ask(at, {
        method: 'OPTIONS',
        path: '/api/v1/runs',
        headers: { origin: friend, 'access-control-request-method': 'POST' },
      });
      expect(preflight.headers['access-control-allow-origin']).toBe(friend);
      expect(preflight.headers['access-control-allow-methods']).toContain('PATCH');
    });
  });

  test('an address that asks too often without a key is told when to come again', async () => {
    await withDoor({ strangersPerMinute: 3, isLocal: false }, async (at) => {
      const statuses = [];
      for (let n = 0; n < 4; n++) statuses.push((await ask(at)).status);
      expect(statuses).toEqual([401, 401, 401, 429]);
      expect((await ask(at, { path: '/nowhere' })).status).toBe(429);
      const { headers, problem } = await ask(at);
      expect(problem.code).toBe('request.rate');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '0' });
      expect((await ask(at, { path: '/health/live' })).status).toBe(200);
    });
  });

  test('an address that spent its requests has no key looked up any more, and one that is known goes through', async () => {
    const door = openDoor({ strangersPerMinute: 3 });
    await using other = await openTestApi('postgres', [job], { isLocal: false, door });
    const at = await other.listen();
    const { database } = other.runtime;
    const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
    const [known, fresh] = [await makeKey(database), await makeKey(database)];
    const invented = `nsk_0badc0de_${'x'.repeat(43)}`;
    expect((await ask(at, bearer(known.secret))).status).toBe(200);
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await ask(at, bearer(invented))).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await ask(at, bearer(known.secret))).status).toBe(200);
    await database.transaction(async (tx) => {
      await tx.query('lock table nightshift.keys in access exclusive mode');
      for (const secret of [invented, fresh.secret, `${known.secret.slice(0, -1)}!`]) {
        const { status, headers, problem } = await ask(at, bearer(secret));
        expect([status, problem.code]).toEqual([429, 'request.rate']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
    });
  });

  test('only a proxy that is trusted says who calls', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    await ask(url, { headers: { ...headers, 'x-request-id': 'unproxied' } });
    expect(lines.find(({ request }) => request === 'unproxied')?.address).toBe('127.0.0.1');
    const seen: string[] = [];
    const onRequest = ({ address }: RequestLine) => void seen.push(address);
    await withDoor({ trustedProxies: ['127.0.0.0/8'], onRequest }, async (at) => {
      await ask(at, { headers });
      const byTls = await ask(at, { headers: { ...headers, 'x-forwarded-proto': 'https' } });
      expect(byTls.headers['strict-transport-security']).toBe('max-age=31536000');
    });
    expect(seen).toEqual(['203.0.113.9', '203.0.113.9']);
  });
});
