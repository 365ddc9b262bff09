import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeKey } from '../../../src/auth/index.ts';
import { localOperator } from '../../../src/core/actor.ts';
import { collectRoles } from '../../../src/core/roles.ts';
import { nextPath } from '../../../src/http/pages/next-path.ts';
import { openTestApi, type TestApi } from '../../support/api.ts';
import { openDoor } from '../../support/door.ts';
import { makeKey } from '../../support/keys.ts';
import { jobOf } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';
import { openVisitor } from '../../support/visitor.ts';

const doing = { actor: localOperator, roles: collectRoles() };
const later = { delayMs: 3_600_000 };

let api: TestApi;
let url: string;
beforeAll(async () => {
  const jobs = ['mail-sort', 'digest'].map((name) => jobOf(name, () => Promise.resolve()));
  const door = openDoor({
    trustedProxies: ['127.0.0.1'],
    corsOrigins: ['https://app.example.com'],
  });
  api = await openTestApi('postgres', jobs, { isLocal: false, door });
  url = new URL(await api.listen()).origin;
});
afterAll(() => api[Symbol.asyncDispose]());

describe('a page without a session', () => {
  test.each([
    ['/', '/login?next=%2F'],
    ['/?job=digest&state=failed', '/login?next=%2F%3Fjob%3Ddigest%26state%3Dfailed'],
    ['/runs/nothing', '/login?next=%2Fruns%2Fnothing'],
    ['/queues', '/login?next=%2Fqueues'],
    ['/queues/queue/digest', '/login?next=%2Fqueues%2Fqueue%2Fdigest'],
  ])('%s asks a browser for a key, and leads back', async (path, location) => {
    expect(await openVisitor(url).get(path)).toMatchObject({ status: 303, location });
  });

  test('is a problem for programs', async () => {
    const { status, headers } = await openVisitor(url).get('/', { accept: '*/*' });
    expect([status, headers.get('content-type')]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
    ]);
  });

  test('that was to change something leads back to the page of the run', async () => {
    const answer = await openVisitor(url).post('/runs/some-run/cancel');
    expect(answer).toMatchObject({ status: 303, location: '/login?next=%2Fruns%2Fsome-run' });
  });
});

describe('signing in', () => {
  test('with a key gives a cookie that no script reads, and leads to where somebody wanted to go', async () => {
    const { secret } = await makeKey(api.runtime.database);
    const visitor = openVisitor(url);
    const { status, location, headers } = await visitor.post('/login', {
      key: ` ${secret} `,
      next: '/?job=digest',
    });
    expect([status, location]).toEqual([303, '/?job=digest']);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^nightshift=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const page = await visitor.get('/?job=digest');
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('a test <small>admin</small>');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).not.toContain(secret);
  });

  test('by TLS, to a proxy that is trusted, it is Secure and of this host alone', async () => {
    const { secret } = await makeKey(api.runtime.database);
    const visitor = openVisitor(url);
    const byTls = { 'x-forwarded-proto': 'https', 'sec-fetch-site': 'same-origin' };
    const { headers } = await visitor.post('/login', { key: secret }, byTls);
    expect(headers.getSetCookie()[0]).toMatch(/^__Host-nightshift=.*; Path=\/.*; Secure$/);
    expect(headers.getSetCookie()[0]).not.toContain('Domain');
    expect((await visitor.get('/', byTls)).status).toBe(200);
    // Over plain HTTP a neighbour may have planted it.
    expect((await visitor.get('/')).status).toBe(303);
  });

  test.each([
    ['', 'There is no such key'],
    ['nsk_wrong', 'There is no such key'],
    [`nsk_00000000_${'x'.repeat(43)}`, 'There is no such key'],
  ])('with %j shows the page again, and why', async (key, says) => {
    const visitor = openVisitor(url);
    const { status, text, headers } = await visitor.post('/login', { key, next: '/queues' });
    expect([status, visitor.cookie]).toEqual([401, '']);
    expect(text).toContain(says);
    expect(text).toContain('role="alert"');
    expect(text).toContain('name="next" value="/queues"');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('with a key that was revoked says so', async () => {
    const { secret, key } = await makeKey(api.runtime.database);
    await revokeKey(api.runtime.database, key.id, doing);
    const { status, text } = await openVisitor(url).post('/login', { key: secret });
    expect(status).toBe(401);
    expect(text).toContain('was revoked');
  });

  test('again ends the session before', async () => {
    const visitor = openVisitor(url);
    const { secret } = await visitor.signIn(api.runtime);
    const before = visitor.cookie;
    await visitor.post('/login', { key: secret });
    expect(visitor.cookie).not.toBe(before);
    visitor.cookie = before;
    await until(async () => (await visitor.get('/')).status === 303);
  });

  test('wrongly is counted as of strangers', async () => {
    await using other = await openTestApi('postgres', [], {
      isLocal: false,
      door: openDoor({ strangersPerMinute: 6 }),
    });
    const visitor = openVisitor(new URL(await other.listen()).origin);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++)
      statuses.push((await visitor.post('/login', { key: 'nsk_x' })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const page = await visitor.get('/login');
    expect(page.status).toBe(429);
    expect(page.text).toContain('Too many requests');
  });
});

describe('where somebody goes on after signing in', () => {
  test.each([
    ['/', '/'],
    ['/runs/1?x=%2F', '/runs/1?x=%2F'],
    ['/?job=a&state=b', '/?job=a&state=b'],
  ])('may be %j', (asked, next) => expect(nextPath(asked)).toBe(next));

  test.each([
    undefined,
    '',
    'x',
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    String.raw`/\evil.example`,
    String.raw`\\evil.example`,
    '/\t/evil.example',
    '/\n/evil.example',
    '/ /evil.example',
    'javascript:alert(1)',
    '/x\r\nset-cookie: a=b',
    `/${String.raw`a\..\\evil.example`}`,
  ])('is never elsewhere: %j', async (asked) => {
    expect(nextPath(asked)).toBe('/');
    const { secret } = await makeKey(api.runtime.database);
    const form = { key: secret, ...(asked !== undefined && { next: asked }) };
    expect((await openVisitor(url).post('/login', form)).location).toBe('/');
  });
});

describe('a session', () => {
  test('ends when somebody signs out', async () => {
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime);
    const { cookie } = visitor;
    const { status, location, headers } = await visitor.post('/logout');
    expect([status, location]).toEqual([303, '/login']);
    expect(headers.getSetCookie()[0]).toContain('nightshift=; Path=/; Max-Age=0');
    visitor.cookie = cookie;
    await until(async () => (await visitor.get('/')).status === 303);
  });

  test('that is over is forgotten by the browser, which is told why a key is asked for', async () => {
    const visitor = openVisitor(url);
    const { id } = await visitor.signIn(api.runtime);
    await revokeKey(api.runtime.database, id, doing);
    const answer = await until(async () => {
      const visit = await visitor.get('/queues');
      return visit.status === 303 ? visit : undefined;
    });
    expect(answer.location).toBe('/login?next=%2Fqueues&over=');
    expect(visitor.cookie).toBe('nightshift=');
    expect((await visitor.get(answer.location)).text).toContain('The session is over.');
  });

  test.each(['nightshift=', 'nightshift=x', `nightshift=${'x'.repeat(43)}`, 'nightshift="a; b'])(
    'that was tampered with is none: %s',
    async (cookie) => {
      const visitor = openVisitor(url);
      visitor.cookie = cookie;
      expect((await visitor.get('/')).status).toBe(303);
    },
  );

  test('is no key for the API', async () => {
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime);
    for (const path of ['/api/v1/runs', '/api/v1/keys', '/api/v1/queues'])
      expect((await visitor.get(path)).status).toBe(401);
  });

  test('has the rate of its key', async () => {
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime, { ratePerMinute: 2 });
    expect((await visitor.get('/')).headers.get('ratelimit-remaining')).toBe('0');
    const refused = await visitor.get('/');
    expect(refused.status).toBe(429);
    expect(refused.text).toContain('Too many requests');
  });

  test('may do what its key may: a viewer is told that it may not, and by whom it could', async () => {
    const id = await api.runtime.enqueuer.enqueue('digest', {}, later);
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime, { role: 'viewer' });
    const page = await visitor.get(`/runs/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('/cancel');
    const refused = await visitor.post(`/runs/${id}/cancel`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('needs the permission runs:cancel');
    expect(refused.text).toContain(`href="/runs/${id}"`);
  });
});

describe('a change that no page of ours asked for', () => {
  const foreign: readonly Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    // It may call the API, with a key; that is all.
    { origin: 'https://app.example.com' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  ];
  test.each(foreign)('is refused, though it has the cookie: %j', async (headers) => {
    const id = await api.runtime.enqueuer.enqueue('digest', {}, later);
    const visitor = openVisitor(url);
    const { secret } = await visitor.signIn(api.runtime);
    for (const path of [
      `/runs/${id}/cancel`,
      `/runs/${id}/retry`,
      '/logout',
      '/queues/api/queues/pause',
    ])
      expect((await visitor.post(path, {}, headers)).status).toBe(403);
    expect((await visitor.post('/login', { key: secret }, headers)).status).toBe(403);
    expect((await visitor.get('/')).status).toBe(200);
    const { body } = await api.call<{ state: string }>('GET', `/runs/${id}`, undefined, {
      authorization: `Bearer ${secret}`,
    });
    expect(body.state).toBe('queued');
  });

  test('is told from one of ours by its Origin, where a browser says no more', async () => {
    const id = await api.runtime.enqueuer.enqueue('digest', {}, later);
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime);
    const answer = await visitor.post(`/runs/${id}/cancel`, {}, { origin: url });
    expect(answer).toMatchObject({ status: 303, location: `/runs/${id}` });
  });

  test('is taken with a key instead of a cookie, which no browser adds by itself', async () => {
    const id = await api.runtime.enqueuer.enqueue('digest', {}, later);
    const { secret } = await makeKey(api.runtime.database);
    const authorization = `Bearer ${secret}`;
    const answer = await openVisitor(url).post(`/runs/${id}/cancel`, {}, { authorization });
    expect(answer.status).toBe(303);
  });
});

test('nothing of all this was a bug', () => {
  expect(api.runtime.errors).toEqual([]);
});
