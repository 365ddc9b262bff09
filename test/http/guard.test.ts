import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hooksOf } from '../../config/index.ts';
import { openAuth, revokeKey, rotateKey } from '../../src/auth/index.ts';
import { localOperator } from '../../src/core/actor.ts';
import type { Permission } from '../../src/core/permissions.ts';
import { collectRoles, type Role } from '../../src/core/roles.ts';
import {
  findGuard,
  permissionsOf,
  type RouteGuard,
  routeGuards,
} from '../../src/core/route-guards.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { openDocuments } from '../../src/documents/index.ts';
import { openHooks } from '../../src/hooks/index.ts';
import { buildServer, type Server } from '../../src/http/index.ts';
import { beginBulk } from '../../src/runtime/index.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, scheduleServices } from '../support/schedules.ts';
import { until } from '../support/until.ts';

const jobs = ['mail-sort', 'mail-send', 'digest'].map((name) =>
  jobOf(name, () => Promise.resolve({ said: 'a secret result' })),
);
const canceller: Role = {
  name: 'canceller',
  summary: 'Cancels.',
  permissions: ['runs:read', 'runs:cancel'],
};
const roles = collectRoles([canceller]);
const doing = { actor: localOperator, roles };

let runtime: TestRuntime;
let server: Server;
let url: string;
const secrets = new Map<string, string>();
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', jobs);
  server = openServer();
  url = await server.listen({ port: 0, host: '127.0.0.1' });
  for (const { name } of roles.all)
    secrets.set(name, (await makeKey(runtime.database, { role: name }, roles)).secret);
  const schedules = ['mail-sort', 'digest'].map((name, i) =>
    defineSchedule({ name: `nightly-${name}`, job: jobs[i * 2]!, payload: {}, cron: '0 3 * * *' }),
  );
  await plant(runtime, schedules);
});
afterAll(async () => {
  await server.close();
  await runtime[Symbol.asyncDispose]();
});

function openServer(isLocal = false): Server {
  const { database, errors } = runtime;
  const onError = (error: unknown) => void errors.push(error);
  const auth = openAuth({ database, roles, ratePerMinute: 12_000, onError });
  const hooks = openHooks({
    database,
    hooks: hooksOf(),
    options: { limitBytes: 1000, keepBodyBytes: 1000, keepMs: 1000 },
    secretsOf: () => [],
    hasJob: () => false,
    accept: () => Promise.reject(new Error('nothing is signed here')),
    now: () => new Date(),
    onError,
  });
  const built = buildServer(
    { ...runtime, ...scheduleServices(runtime), auth, hooks, detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      metrics: { contentType: 'text/plain', scrape: () => Promise.resolve('') },
      onBug: onError,
      isLocal,
      // Where other machines reach it, so that every route asks that ever does.
      door: openDoor({ host: '0.0.0.0', corsOrigins: ['https://app.example.com'] }),
    },
  );
  built.addHook('onClose', () => auth.close());
  return built;
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Over TCP, as anybody comes. */
async function ask(route: string, secret?: string, payload?: unknown): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
    },
    ...(payload !== undefined && { body: JSON.stringify(payload) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body = (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>;
  return {
    status: response.status,
    code: body['code'] as string | undefined,
    body,
    headers: response.headers,
  };
}

/** A route with something in the places of its parameters. */
const filled = (route: string) =>
  route.replace(':id', '018f0000-0000-7000-8000-000000000000').replace(':name', 'nothing');

const bodyOf = (route: string) => (/^(POST|PATCH)/.test(route) ? {} : undefined);
const routes = Object.entries(routeGuards);
const guarded = routes.filter(([, { needs }]) => needs !== null);

describe('the table of guards', () => {
  test('names routes that there are', () => {
    const missing = routes
      .map(([route]) => route.split(' ') as ['GET', string])
      // What CORS answers before a request has a pattern that cannot be asked for.
      .filter(([, path]) => path !== '*')
      .filter(([method, path]) => !server.hasRoute({ method, url: path }));
    expect(missing).toEqual([]);
  });

  test('keeps a route that it does not name from being added', () => {
    const fresh = openServer();
    expect(() => fresh.get('/api/v1/new', () => ({}))).toThrow(
      'The route GET /api/v1/new has no entry in src/core/route-guards.ts',
    );
  });

  test('keeps a route from being added whose other method it does not name', () => {
    const fresh = openServer();
    const both = () =>
      fresh.route({ method: ['GET', 'PUT'], url: '/api/v1/jobs/:name/x', handler: () => ({}) });
    expect(both).toThrow('has no entry');
  });

  test('has one line for all that begins alike, and the line of a route itself before it', () => {
    const all = { needs: 'runs:read', within: 'never' } as const;
    const one = { needs: 'runs:cancel', within: 'never' } as const;
    const table = { '* /queues/*': all, 'POST /queues/x': one };
    expect(findGuard('PUT', '/queues/api/:name', table)).toBe(all);
    expect(findGuard('GET', '/queues', table)).toBe(all);
    expect(findGuard('POST', '/queues/x', table)).toBe(one);
    expect(findGuard('GET', '/queuesque', table)).toBeUndefined();
  });

  test('opens nothing under /api without a key but webhooks, which are signed', () => {
    const open = routes.filter(([, { needs }]) => needs === null).map(([route]) => route);
    expect(open.filter((route) => route.includes('/api/'))).toEqual(['POST /api/v1/hooks/:name']);
    expect(open).toContain('GET /health/live');
  });
});

function findLacking(role: string, guard: RouteGuard): Permission | undefined {
  const needed = permissionsOf(guard);
  if (!needed.some((permission) => roles.may({ role }, permission))) return needed[0];
  return guard.reveals && !roles.may({ role }, 'payload:reveal') ? 'payload:reveal' : undefined;
}

describe.each(roles.all.map(({ name }) => name))('a key of the role %s', (role) => {
  test.each(guarded)('%s', async (route, guard) => {
    const answer = await ask(filled(route), secrets.get(role), bodyOf(route));
    const lacking = findLacking(role, guard);
    if (lacking === undefined) {
      expect([401, 403]).not.toContain(answer.status);
      expect(answer.status).toBeLessThan(500);
      return;
    }
    expect(answer).toMatchObject({ status: 403, code: 'auth.denied' });
    expect(answer.body['detail']).toContain(`${route} needs the permission ${lacking}`);
    expect(answer.body['detail']).toContain(`the role ${role} of the key "a test"`);
    expect(answer.body['detail']).toContain(roles.having(lacking).join(', '));
  });
});

describe('who has no key that is good', () => {
  const secretOf: Record<string, () => Promise<string | undefined>> = {
    'none at all': () => Promise.resolve(undefined),
    'one that never was': () => Promise.resolve(`nsk_00000000_${'x'.repeat(43)}`),
    'one that has expired': async () => {
      const { secret, key } = await makeKey(runtime.database);
      await runtime.database.query(
        `update nightshift.keys set expires_at = now() - interval '1 hour' where id = $1`,
        [key.id],
      );
      return secret;
    },
    'one that was revoked': async () => {
      const { secret, key } = await makeKey(runtime.database);
      await revokeKey(runtime.database, key.id, doing);
      return secret;
    },
    'one that was rotated, with its overlap over': async () => {
      const { secret, key } = await makeKey(runtime.database);
      await rotateKey(runtime.database, { id: key.id, overlapMs: 0 }, doing);
      return secret;
    },
  };
  const codes = [
    'auth.required',
    'auth.key_unknown',
    'auth.key_expired',
    'auth.key_revoked',
    'auth.key_expired',
  ];

  test.each(Object.keys(secretOf).map((name, i) => [name, codes[i]!]))(
    'but %s is refused by every route: %s',
    async (name, code) => {
      const secret = await secretOf[name]!();
      for (const [route] of guarded) {
        const answer = await ask(filled(route), secret, bodyOf(route));
        expect([route, answer.status, answer.code]).toEqual([route, 401, code]);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="nightshift"/);
      }
      expect((await ask('GET /health/live')).status).toBe(200);
      expect((await ask('GET /api/v1/nothing')).status).toBe(404);
    },
  );

  test('HEAD is asked for a key as GET is', async () => {
    expect((await fetch(`${url}/api/v1/jobs`, { method: 'HEAD' })).status).toBe(401);
  });

  test('is refused before the body is read', async () => {
    expect(await ask('POST /api/v1/runs', undefined, { job: 'x'.repeat(2 ** 20) })).toMatchObject({
      status: 401,
    });
  });

  test('is nobody on the socket in the data folder, and inside the process, but a wrong key counts there, too', async () => {
    const inside = await server.inject({ method: 'GET', url: '/api/v1/keys' });
    expect(inside.statusCode).toBe(200);
    await using local = openServer(true);
    const at = await local.listen({ port: 0, host: '127.0.0.1' });
    expect((await fetch(`${at}/api/v1/keys`)).status).toBe(200);
    const headers = { authorization: 'Bearer nsk_wrong' };
    expect((await fetch(`${at}/api/v1/keys`, { headers })).status).toBe(401);
  });
});

test('a role that may cancel but not retry is held to that in bulk', async () => {
  const order = { filter: { job: 'digest' }, dryRun: true };
  const as = (action: string) =>
    ask('POST /api/v1/runs/bulk', secrets.get('canceller'), { ...order, action });
  expect((await as('cancel')).status).toBe(200);
  expect(await as('retry')).toMatchObject({ status: 403, code: 'auth.denied' });
});

test('a key whose role was taken out of config may nothing', async () => {
  const { secret, key } = await makeKey(runtime.database);
  await runtime.database.query(`update nightshift.keys set role = 'gone' where id = $1`, [key.id]);
  expect(await ask('GET /api/v1/jobs', secret)).toMatchObject({ status: 403, code: 'auth.denied' });
});

test('the rate of a key is told with every answer, and a key beyond it is refused until its minute is over', async () => {
  const { secret } = await makeKey(runtime.database, { ratePerMinute: 2 });
  const answers: Answer[] = [];
  for (let i = 0; i < 3; i++) answers.push(await ask('GET /api/v1/jobs', secret));
  const told = (name: string) => answers.map(({ headers }) => headers.get(name));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(told('ratelimit-limit')).toEqual(['2', '2', '2']);
  expect(told('ratelimit-remaining')).toEqual(['1', '0', '0']);
  expect(told('ratelimit-policy')[0]).toBe('2;w=60');
  expect(answers[2]!.code).toBe('auth.rate_limited');
  const wait = Number(answers[2]!.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
});

describe('payloads and results', () => {
  test.each([
    ['developer', { text: 'a secret' }],
    ['operator', { redacted: true }],
    ['viewer', { redacted: true }],
  ])('are shown to a %s as %j', async (role, payload) => {
    const id = await runtime.enqueuer.enqueue('digest', { text: 'a secret' }, { delayMs: 60_000 });
    const one = await ask(`GET /api/v1/runs/${id}`, secrets.get(role));
    expect(one.body).toMatchObject({ id, job: 'digest', payload, result: null });
    const list = await ask('GET /api/v1/runs?job=digest&limit=1', secrets.get(role));
    expect(list.body['runs']).toMatchObject([{ id, payload }]);
    const { body } = await ask('GET /api/v1/schedules/nightly-digest', secrets.get(role));
    expect(body['payload']).toEqual(role === 'developer' ? {} : { redacted: true });
    await ask(`POST /api/v1/runs/${id}/cancel`, secrets.get('admin'), {});
  });

  test('are in no answer that somebody without the permission gets', async () => {
    const id = await runtime.enqueuer.enqueue('digest', { text: 'a secret' }, { delayMs: 60_000 });
    const secret = secrets.get('operator');
    const answers = [
      await ask(`POST /api/v1/runs/${id}/cancel`, secret, {}),
      await ask(`POST /api/v1/runs/${id}/retry`, secret),
      await ask('GET /api/v1/runs', secret),
      await ask('POST /api/v1/runs/bulk', secret, { action: 'cancel', all: true, dryRun: true }),
      await ask(`GET /api/v1/runs/${id}/result`, secret),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 403]);
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('a secret');
    const asked = { job: 'digest', payload: { text: 'a secret' }, delay: '1h' };
    const { secret: sender } = await makeKey(runtime.database, { role: 'admin' });
    const { body } = await ask('POST /api/v1/runs?wait=10ms', sender, asked);
    expect(body['payload']).toEqual({ text: 'a secret' });
  });

  test('of jobs are schemas, which everybody sees', async () => {
    const { body } = await ask('GET /api/v1/jobs/digest', secrets.get('viewer'));
    expect(body['payload']).not.toHaveProperty('redacted');
  });
});

describe('a key that is limited to jobs', () => {
  let secret: string;
  let mine: string;
  let other: string;
  beforeAll(async () => {
    secret = (await makeKey(runtime.database, { jobs: ['mail-*'] })).secret;
    const later = { delayMs: 3_600_000 };
    mine = await runtime.enqueuer.enqueue('mail-sort', {}, later);
    other = await runtime.enqueuer.enqueue('digest', {}, later);
  });

  test('sees its runs, and no others, in lists and by id', async () => {
    const { body } = await ask('GET /api/v1/runs?limit=1000', secret);
    const runs = body['runs'] as { job: string }[];
    expect(new Set(runs.map(({ job }) => job))).toEqual(new Set(['mail-sort']));
    expect((await ask('GET /api/v1/runs?job=digest', secret)).body['runs']).toEqual([]);
    for (const [route, { within }] of routes.filter(([, guard]) => guard.within === 'run')) {
      expect(within).toBe('run');
      const at = (id: string) => ask(route.replace(':id', id), secret, bodyOf(route));
      expect([route, (await at(other)).code]).toEqual([route, 'run.missing']);
      // The events of a run that is there do not end.
      if (route.endsWith('/events')) continue;
      expect([route, (await at(mine)).code]).not.toEqual([route, 'run.missing']);
    }
  });

  test('pages through its runs without a gap', async () => {
    for (let i = 0; i < 3; i++) {
      await runtime.enqueuer.enqueue('mail-send', {}, { delayMs: 3_600_000 });
      await runtime.enqueuer.enqueue('digest', {}, { delayMs: 3_600_000 });
    }
    const { body } = await ask('GET /api/v1/runs?limit=3', secret);
    expect(body['runs']).toHaveLength(3);
    expect(body['cursor']).toBeDefined();
  });

  test.each([
    ['POST /api/v1/runs', { job: 'digest' }],
    ['POST /api/v1/runs/batch', { runs: [{ job: 'mail-sort' }, { job: 'digest' }] }],
    ['POST /api/v1/schedules', { name: 'x', job: 'digest', cron: '@daily' }],
    ['PATCH /api/v1/schedules/nightly-mail-sort', { job: 'digest' }],
    ['GET /api/v1/jobs/digest', undefined],
    ['POST /api/v1/queues/digest/pause', {}],
    ['POST /api/v1/queues/digest/resume', undefined],
    ['POST /api/v1/events', { name: 'paid' }],
  ])('is denied %s with %j', async (route, body) => {
    const answer = await ask(route, secret, body);
    expect(answer).toMatchObject({ status: 403, code: 'auth.job_denied' });
    expect(answer.body['detail']).toContain('is limited to the jobs mail-*');
  });

  test('is told of a batch in parts which of its runs it may not enqueue', async () => {
    const runs = ['mail-sort', 'digest', 'nothing'].map((job) => ({ job, delay: '1h' }));
    const { status, body } = await ask('POST /api/v1/runs/batch', secret, { partial: true, runs });
    expect(status).toBe(202);
    expect(body['accepted']).toMatchObject([{ index: 0 }]);
    expect(body['refused']).toMatchObject([
      { index: 1, code: 'auth.job_denied' },
      { index: 2, code: 'auth.job_denied' },
    ]);
    await until(async () => {
      const told = await runtime.database.query(
        `select from nightshift_audit.entries
         where ids @> array['POST /api/v1/runs/batch'] and details ->> 'code' = 'auth.job_denied'`,
      );
      return told.length > 0;
    });
  });

  test('enqueues, pauses and looks up its own', async () => {
    const delayed = { job: 'mail-send', delay: '1h' };
    expect((await ask('POST /api/v1/runs', secret, delayed)).status).toBe(202);
    expect((await ask('POST /api/v1/queues/mail-send/pause', secret, {})).status).toBe(200);
    expect((await ask('POST /api/v1/queues/mail-send/resume', secret)).status).toBe(200);
    expect((await ask('GET /api/v1/schedules/nightly-mail-sort', secret)).status).toBe(200);
  });

  test('finds neither jobs, queues nor schedules of others', async () => {
    const namesIn = async (list: string, field: string) =>
      ((await ask(`GET /api/v1/${list}`, secret)).body[list] as Record<string, string>[]).map(
        (entry) => entry[field],
      );
    expect(await namesIn('jobs', 'name')).toEqual(['mail-sort', 'mail-send']);
    expect(await namesIn('queues', 'job')).toEqual(['mail-sort', 'mail-send']);
    expect(await namesIn('schedules', 'job')).toEqual(['mail-sort']);
    for (const route of ['GET', 'DELETE'])
      expect(await ask(`${route} /api/v1/schedules/nightly-digest`, secret)).toMatchObject({
        status: 404,
        code: 'schedule.missing',
      });
  });

  test('finds what its jobs stored and decided, and nothing of others', async () => {
    for (const job of ['mail-sort', 'digest']) {
      const documents = openDocuments(runtime.database, { job });
      await documents.put([{ kind: 'note', key: job, title: job, body: 'word' }]);
      const about = { document: { kind: 'note', key: job }, question: 'good' };
      await documents.decide([{ ...about, answer: 'yes', confidence: 1, reasons: [] }]);
    }
    const all = (await ask('GET /api/v1/search?q=word', secrets.get('admin'))).body;
    const own = (await ask('GET /api/v1/search?q=word', secret)).body;
    expect([all['total'], own['total']]).toEqual([2, 1]);
    const hits = all['hits'] as { id: string; key: string; decisions: { id: string }[] }[];
    for (const { id, key, decisions } of hits) {
      const status = key === 'mail-sort' ? 200 : 404;
      expect((await ask(`GET /api/v1/documents/${id}`, secret)).status).toBe(status);
      const correct = `POST /api/v1/decisions/${decisions[0]!.id}/correct`;
      expect((await ask(correct, secret, { answer: 'no' })).status).toBe(status);
    }
    const listed = (await ask('GET /api/v1/decisions', secret)).body['decisions'];
    expect(listed).toMatchObject([{ document: { key: 'mail-sort' } }]);
    const asked = await ask('GET /api/v1/decisions?within=digest', secret);
    expect(asked.code).toBe('request.invalid');
  });

  test('is told no name beyond its jobs by suggestions', async () => {
    const limited = await makeKey(runtime.database, { jobs: ['mail-*', 'digst'] });
    const [all, own] = [secrets.get('admin')!, limited.secret];
    const detailOf = async (route: string, key: string, body?: unknown) =>
      JSON.stringify((await ask(route, key, body)).body);
    const batch = { partial: true, runs: [{ job: 'digst' }, { job: 'mail-sortt' }] };
    for (const [route, body] of [
      ['POST /api/v1/runs', { job: 'digst' }],
      ['POST /api/v1/runs/batch', { runs: batch.runs }],
      ['POST /api/v1/runs/batch', batch],
      ['POST /api/v1/queues/digst/pause', {}],
      ['GET /api/v1/jobs/digst', undefined],
      ['POST /api/v1/schedules', { name: 'x', job: 'digst', cron: '@daily' }],
      ['GET /api/v1/schedules/nightly-digst', undefined],
      ['POST /api/v1/schedules/nightly-digst/pause', {}],
    ] as const) {
      expect([route, await detailOf(route, all, body)]).toEqual([
        route,
        expect.stringContaining('digest'),
      ]);
      expect([route, await detailOf(route, own, body)]).toEqual([
        route,
        expect.not.stringContaining('digest'),
      ]);
    }
    expect(await detailOf('POST /api/v1/runs/batch', own, batch)).toContain('mail-sort\\"');
    expect(await detailOf('GET /api/v1/jobs/mail-sortt', own)).toContain('mail-sort\\"');
  });

  test('changes in bulk what is its own, and looks up no other action', async () => {
    const order = { action: 'cancel', all: true, reason: 'test' };
    const done = await ask('POST /api/v1/runs/bulk', secret, order);
    expect(done.status).toBe(200);
    expect((await ask(`GET /api/v1/runs/bulk/${String(done.body['id'])}`, secret)).status).toBe(
      200,
    );
    const states = await runtime.database.query<{ job: string; state: string }>(
      `select distinct job, state from nightshift.runs where id in ($1, $2) order by job`,
      [mine, other],
    );
    expect(states).toEqual([
      { job: 'digest', state: 'queued' },
      { job: 'mail-sort', state: 'cancelled' },
    ]);
    const all = await beginBulk(runtime, { action: 'retry', filter: {}, all: true });
    expect(await ask(`GET /api/v1/runs/bulk/${all.id}`, secret)).toMatchObject({
      code: 'bulk.missing',
    });
  });

  test('is not let off saying that it means all', async () => {
    expect(await ask('POST /api/v1/runs/bulk', secret, { action: 'cancel' })).toMatchObject({
      code: 'bulk.everything',
    });
  });

  test('makes no key for more', async () => {
    const wish = { name: 'more', role: 'viewer' };
    expect(await ask('POST /api/v1/keys', secret, wish)).toMatchObject({
      status: 403,
      code: 'key.beyond',
    });
    expect((await ask('POST /api/v1/keys', secret, { ...wish, jobs: ['mail-send'] })).status).toBe(
      201,
    );
  });
});

describe('/api/v1/keys', () => {
  test('makes, lists, rotates and revokes', async () => {
    const admin = secrets.get('admin')!;
    const wish = { name: 'shop', role: 'viewer', expires: '90d', ratePerMinute: 100 };
    const made = await ask('POST /api/v1/keys', admin, wish);
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'shop', role: 'viewer', createdBy: 'key a test', state: 'active' },
    });
    const { id, secret } = made.body as { id: string; secret: string };
    expect((await ask('GET /api/v1/jobs', secret)).status).toBe(200);
    const { body } = await ask('GET /api/v1/keys', admin);
    const listed = (body['keys'] as { id: string }[]).find((key) => key.id === id)!;
    expect(listed).not.toHaveProperty('secret');
    expect(listed).not.toHaveProperty('hash');
    const rotated = await ask(`POST /api/v1/keys/${id}/rotate`, admin, { overlap: '1h' });
    expect(rotated).toMatchObject({ status: 201, body: { replaced: { id, state: 'active' } } });
    const next = rotated.body as { id: string; secret: string };
    expect((await ask('GET /api/v1/jobs', next.secret)).status).toBe(200);
    const revoked = await ask(`POST /api/v1/keys/${next.id}/revoke`, admin);
    expect(revoked).toMatchObject({ status: 200, body: { state: 'revoked' } });
    expect((await ask('GET /api/v1/jobs', secret)).status).toBe(200);
  });

  describe('a key that expires and has a rate', () => {
    const wish = { name: 'heir', role: 'viewer' };
    const limited = () =>
      makeKey(runtime.database, { role: 'admin', ratePerMinute: 600, expiresMs: 3_600_000 });

    test.each([
      [{}, ['600 requests a minute', 'expires in 59m']],
      [{ expires: '30m' }, ['600 requests a minute']],
      [{ ratePerMinute: 601, expires: '30m' }, ['600 requests a minute']],
      [{ ratePerMinute: 600 }, ['expires in 59m']],
      [{ ratePerMinute: 600, expires: '61m' }, ['expires in 59m']],
    ])('makes none with %j', async (limits, says) => {
      const { secret } = await limited();
      const refused = await ask('POST /api/v1/keys', secret, { ...wish, ...limits });
      expect(refused).toMatchObject({ status: 403, code: 'key.beyond' });
      for (const said of says) expect(refused.body['detail']).toContain(said);
    });

    test('makes one within both, and does not live on by rotating itself', async () => {
      const { secret, key } = await limited();
      const within = { ...wish, ratePerMinute: 600, expires: '30m' };
      expect((await ask('POST /api/v1/keys', secret, within)).status).toBe(201);
      const rotate = `POST /api/v1/keys/${key.id}/rotate`;
      expect(await ask(rotate, secret, {})).toMatchObject({ status: 403, code: 'key.beyond' });
      expect((await ask(rotate, secret, { expires: '30m' })).status).toBe(201);
    });
  });

  test.each([
    [{}, 'request.invalid'],
    [{ name: '\0', role: 'viewer' }, 'request.invalid'],
    [{ name: 'x', role: 'viewer', expires: 'soon' }, 'request.invalid'],
    [{ name: 'x', role: 'viewer', expires: '99999999d' }, 'key.invalid'],
    [{ name: 'x', role: 'vewer' }, 'key.invalid'],
    [{ name: 'x', role: 'viewer', jobs: ['A b'] }, 'key.invalid'],
  ])('refuses %j', async (wish, code) => {
    expect(await ask('POST /api/v1/keys', secrets.get('admin'), wish)).toMatchObject({
      status: 400,
      code,
    });
  });
});

test('nothing of all this was a bug', () => {
  expect(runtime.errors).toEqual([]);
});
