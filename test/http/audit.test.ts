import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSigner, type PlacedEntry, sealAll } from '../../src/audit/index.ts';
import { routeGuards } from '../../src/core/route-guards.ts';
import { openDocuments } from '../../src/documents/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { jobOf } from '../support/runtime.ts';
import { until } from '../support/until.ts';

type Answer = Record<string, unknown>;

let api: TestApi;
let url: string;
let admin: { secret: string; key: { id: string } };
beforeAll(async () => {
  const jobs = [
    jobOf('digest', () => Promise.resolve({ said: 'a result' })),
    jobOf('other', () => Promise.resolve()),
  ];
  api = await openTestApi('postgres', jobs, { isLocal: false, door: openDoor() });
  url = await api.listen();
  admin = await makeKey(api.runtime.database, { name: 'ada' });
});
afterAll(async () => api[Symbol.asyncDispose]());

async function ask(route: string, body?: unknown, secret: string | undefined = admin.secret) {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'user-agent': 'a test',
      ...(secret !== '' && { authorization: `Bearer ${secret}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

/** The entries that fit, the newest first, without looking by the API. */
async function entries(query: string, secret?: string): Promise<PlacedEntry[]> {
  const { body } = await ask(`GET /audit?${query}`, undefined, secret);
  return body['entries'] as PlacedEntry[];
}

const newest = async (query: string) => (await entries(`${query}&limit=1`))[0]!;

async function enqueue(job = 'digest'): Promise<string> {
  return (await ask('POST /runs', { job, payload: { a: 1 }, delay: '1h' })).body['id'] as string;
}

test('whoever enqueues is told with the run and in the log, in the same commit', async () => {
  const id = await enqueue();
  const author = {
    actor: { kind: 'key', id: admin.key.id, name: 'ada', role: 'admin' },
    origin: {
      via: 'http',
      address: '127.0.0.1',
      agent: 'a test',
      request: expect.any(String) as string,
    },
  };
  expect(await newest(`id=${id}`)).toMatchObject({
    ...author,
    action: 'run.enqueued',
    outcome: 'done',
    resource: 'run',
    ids: [id],
    after: { job: 'digest', runs: 1 },
  });
  const { body } = await ask(`GET /runs/${id}`);
  expect(body['acceptedBy']).toEqual({ kind: 'key', id: admin.key.id, name: 'ada' });
  const batch = { runs: Array.from({ length: 3 }, () => ({ job: 'other', delay: '1h' })) };
  const accepted = (await ask('POST /runs/batch', batch)).body['accepted'] as { id: string }[];
  const told = await newest(`id=${accepted[1]!.id}`);
  expect([...told.ids].sort()).toEqual(accepted.map((run) => run.id).sort());
});

test('of a large batch an entry tells of a thousand runs at the most', async () => {
  const runs = Array.from({ length: 2001 }, () => ({ job: 'other', delay: '1h' }));
  const accepted = (await ask('POST /runs/batch', { runs })).body['accepted'] as { id: string }[];
  const told = await entries('action=run.enqueued&limit=3');
  expect(told.map(({ after }) => after)).toEqual(
    expect.arrayContaining([1000, 1000, 1].map((count) => ({ job: 'other', runs: count }))),
  );
  expect(told.flatMap(({ ids }) => ids).sort()).toEqual(accepted.map(({ id }) => id).sort());
});

test('whoever gives a run that waits another payload is told, with what it was before', async () => {
  const debounce = { key: 'reindex', for: '1h' };
  const offer = (a: number, secret?: string) =>
    ask('POST /runs', { job: 'digest', payload: { a }, debounce }, secret);
  const { id } = (await offer(1)).body as { id: string };
  const bob = await makeKey(api.runtime.database, { name: 'bob' });
  expect((await offer(2, bob.secret)).body).toEqual({ id, existing: true });
  const [joined, enqueued] = await entries(`id=${id}&limit=2`);
  expect(enqueued).toMatchObject({ action: 'run.enqueued', actor: { name: 'ada' } });
  const states = [1, 2].map((a) => ({
    job: 'digest',
    payload: `sha256:${createHash('sha256').update(`{"a": ${a}}`).digest('hex')}`,
    runAt: expect.any(String) as string,
  }));
  expect(joined).toMatchObject({
    action: 'run.joined',
    outcome: 'done',
    actor: { name: 'bob' },
    before: states[0],
    after: states[1],
  });
  expect((await ask(`GET /runs/${id}`)).body['acceptedBy']).toMatchObject({ name: 'bob' });
});

test('a refused batch leaves neither runs nor an entry', async () => {
  const before = (await entries('action=run.enqueued&limit=1000')).length;
  const batch = { runs: [{ job: 'other' }, { job: 'nothing' }] };
  expect((await ask('POST /runs/batch', batch)).status).toBe(400);
  expect(await entries('action=run.enqueued&limit=1000')).toHaveLength(before);
});

const changes: readonly [action: string, () => Promise<unknown>, expected: object][] = [
  [
    'run.cancelled',
    async () => ask(`POST /runs/${await enqueue()}/cancel`, { reason: 'sent twice' }),
    {
      before: { job: 'digest', state: 'queued', attempt: 0 },
      after: { state: 'cancelled' },
      details: { reason: 'sent twice' },
    },
  ],
  [
    'run.retried',
    async () => {
      const id = await enqueue();
      await ask(`POST /runs/${id}/cancel`, {});
      return ask(`POST /runs/${id}/retry`);
    },
    { before: { state: 'cancelled' }, after: { state: 'queued' } },
  ],
  [
    'run.replayed',
    async () => {
      const id = await enqueue();
      await ask(`POST /runs/${id}/cancel`, {});
      return ask(`POST /runs/${id}/replay`, {});
    },
    { resource: 'run', after: { job: 'digest', runs: 1, replayOf: expect.any(String) as string } },
  ],
  [
    'runs.changed',
    () => ask('POST /runs/bulk', { action: 'cancel', filter: { job: 'other' } }),
    { resource: 'bulk', details: { action: 'cancel', filter: { job: 'other' } } },
  ],
  [
    'queue.paused',
    () => ask('POST /queues/digest/pause', { reason: 'a move' }),
    { ids: ['digest'], before: { paused: false }, after: { paused: true, reason: 'a move' } },
  ],
  [
    'queue.resumed',
    () => ask('POST /queues/digest/resume'),
    { before: { paused: true }, after: { paused: false } },
  ],
  [
    'event.sent',
    () => ask('POST /events', { name: 'paid', key: '7' }),
    { ids: ['paid'], details: { key: '7' } },
  ],
  [
    'schedule.created',
    () => ask('POST /schedules', { name: 'nightly', job: 'digest', cron: '@daily' }),
    { ids: ['nightly'], before: null, after: { job: 'digest', paused: false } },
  ],
  [
    'schedule.changed',
    () => ask('PATCH /schedules/nightly', { cron: '@hourly' }),
    { before: { rules: { cron: '@daily' } }, after: { rules: { cron: '@hourly' } } },
  ],
  [
    'schedule.paused',
    () => ask('POST /schedules/nightly/pause', { reason: 'holidays' }),
    { before: { paused: false }, after: { paused: true, pauseReason: 'holidays' } },
  ],
  [
    'schedule.resumed',
    () => ask('POST /schedules/nightly/resume'),
    { before: { paused: true }, after: { paused: false } },
  ],
  [
    'schedule.fired',
    () => ask('POST /schedules/nightly/run'),
    { ids: ['nightly'], details: { run: expect.any(String) as string } },
  ],
  [
    'schedule.backfilled',
    () => ask('POST /schedules/nightly/backfill', { from: '2026-11-01', to: '2026-11-02' }),
    { details: { from: '2026-11-01', to: '2026-11-02' } },
  ],
  [
    'schedule.deleted',
    () => ask('DELETE /schedules/nightly'),
    { before: { job: 'digest' }, after: null },
  ],
  [
    'decision.corrected',
    async () => {
      const documents = openDocuments(api.runtime.database);
      await documents.put([
        { kind: 'mail', key: 'a', title: 'A', at: new Date(), facets: {}, body: 'x' },
      ]);
      await documents.decide([
        {
          document: { kind: 'mail', key: 'a' },
          question: 'category',
          answer: 'read',
          confidence: 1,
          reasons: [],
        },
      ]);
      const [decision] = (await ask('GET /decisions')).body['decisions'] as { id: string }[];
      return ask(`POST /decisions/${decision!.id}/correct`, { answer: 'act' });
    },
    { before: { answer: 'read' }, after: { answer: 'act' } },
  ],
  [
    'key.created',
    () => ask('POST /keys', { name: 'shop', role: 'viewer' }),
    { after: { name: 'shop', role: 'viewer' } },
  ],
  [
    'key.rotated',
    async () => {
      const { body } = await ask('POST /keys', { name: 'shop', role: 'viewer' });
      return ask(`POST /keys/${String(body['id'])}/rotate`, {});
    },
    { ids: [expect.any(String), expect.any(String)], after: { name: 'shop' } },
  ],
  [
    'key.revoked',
    async () => {
      const { body } = await ask('POST /keys', { name: 'shop', role: 'viewer' });
      return ask(`POST /keys/${String(body['id'])}/revoke`);
    },
    { after: { name: 'shop', revokedAt: expect.any(String) as string } },
  ],
];

describe('an entry is left by', () => {
  test.each(changes)('%s', async (action, change, expected) => {
    const answer = (await change()) as { status: number };
    expect(answer.status).toBeLessThan(300);
    expect(await newest(`action=${action}`)).toMatchObject({
      action,
      outcome: 'done',
      actor: { id: admin.key.id, name: 'ada' },
      ...expected,
    });
  });

  test('every route that changes something, as the table of guards has it', () => {
    const silent = Object.entries(routeGuards)
      .filter(([route, { needs }]) => needs !== null && !route.startsWith('GET'))
      // Bull Board's, which are refused.
      .filter(([route, { audits }]) => audits === undefined && !route.endsWith(' /queues/*'));
    expect(silent).toEqual([]);
    const elsewhere = [
      'hook.redelivered',
      'schedule.reset',
      'audit.read',
      'run.enqueued',
      'session.opened',
      'session.ended',
    ];
    const audited = new Set(Object.values(routeGuards).flatMap(({ audits }) => audits ?? []));
    expect([...audited].sort()).toEqual(
      [...changes.map(([action]) => action), ...elsewhere].sort(),
    );
  });

  test('secrets of keys are in no entry', async () => {
    const { body } = await ask('POST /keys', { name: 'shop', role: 'viewer' });
    const all = JSON.stringify(await entries('limit=1000'));
    expect(all).not.toContain(String(body['secret']).slice(13));
  });
});

test('of changes at the same moment each begins where the one before ended', async () => {
  await ask('POST /schedules', { name: 'contested', job: 'digest', cron: '@daily' });
  const hours = [1, 2, 3, 4, 5, 6];
  const changed = hours.map((hour) =>
    ask('PATCH /schedules/contested', { cron: `0 ${hour} * * *` }),
  );
  for (const { status } of await Promise.all(changed)) expect(status).toBe(200);
  const told = (await entries('id=contested&action=schedule.changed')).reverse();
  expect(told).toHaveLength(hours.length);
  for (const [i, { before }] of told.slice(1).entries()) expect(before).toEqual(told[i]!.after);
});

test('a dry run leaves no entry', async () => {
  const bulk = await newest('action=runs.changed');
  await ask('POST /runs/bulk', { action: 'cancel', filter: { job: 'other' }, dryRun: true });
  expect((await newest('action=runs.changed')).id).toBe(bulk.id);
});

test('a change that is refused as wrong leaves no entry, and one that is denied leaves its refusal', async () => {
  const id = await enqueue();
  await ask(`POST /runs/${id}/cancel`, {});
  expect((await ask(`POST /runs/${id}/cancel`, {})).status).toBe(409);
  expect(await entries(`id=${id}&action=run.cancelled`)).toHaveLength(1);
  const { secret, key } = await makeKey(api.runtime.database, { role: 'viewer', name: 'eve' });
  expect((await ask(`POST /runs/${id}/retry`, undefined, secret)).status).toBe(403);
  expect((await ask('GET /keys', undefined, '')).status).toBe(401);
  const [refusal] = await until(async () => {
    const found = await entries(`actor=${key.id}`);
    return found.length > 0 ? found : undefined;
  });
  expect(refusal).toMatchObject({
    action: 'request.refused',
    outcome: 'refused',
    ids: ['POST /api/v1/runs/:id/retry'],
    details: { code: 'auth.denied' },
    actor: { name: 'eve', role: 'viewer' },
  });
  const strangers = await entries('actor=nobody');
  expect(strangers[0]).toMatchObject({
    ids: ['GET /api/v1/keys'],
    details: { code: 'auth.required' },
  });
});

test('whoever sees payloads is written down, but for what they enqueued themselves or may not see', async () => {
  const id = await enqueue();
  const { secret, key } = await makeKey(api.runtime.database, { role: 'developer', name: 'dev' });
  const { secret: blind } = await makeKey(api.runtime.database, { role: 'viewer' });
  await ask(`GET /runs/${id}`);
  await ask(`GET /runs/${id}`, undefined, blind);
  expect(await entries(`id=${id}&outcome=revealed`)).toEqual([]);
  await ask(`GET /runs/${id}`, undefined, secret);
  expect(await newest(`actor=${key.id}`)).toMatchObject({
    action: 'payload.revealed',
    outcome: 'revealed',
    resource: 'run',
    ids: [id],
    details: { route: 'GET /api/v1/runs/:id' },
  });
  await ask('GET /runs?limit=1000', undefined, secret);
  expect((await newest(`actor=${key.id}`)).ids).toContain(id);
});

test('whoever asks again for what they have, and is told that it is the same, is shown nothing', async () => {
  const id = await enqueue();
  const { secret, key } = await makeKey(api.runtime.database, { role: 'developer', name: 'poll' });
  const look = (etag = '') =>
    fetch(`${url}/runs/${id}`, {
      headers: { authorization: `Bearer ${secret}`, 'if-none-match': etag },
    });
  const etag = (await look()).headers.get('etag')!;
  expect((await look(etag)).status).toBe(304);
  expect(await entries(`actor=${key.id}`)).toHaveLength(1);
});

test('only who may read the log does, and that is an entry, too', async () => {
  for (const role of ['developer', 'analyst', 'operator', 'viewer']) {
    const { secret } = await makeKey(api.runtime.database, { role });
    expect((await ask('GET /audit', undefined, secret)).status).toBe(403);
    expect((await ask('POST /audit/verify', {}, secret)).status).toBe(403);
  }
  await entries('resource=queue');
  expect(await newest('action=audit.read')).toMatchObject({
    outcome: 'revealed',
    resource: 'audit',
  });
});

test('the log is paged without a gap, filtered, and refuses what it does not know', async () => {
  const { body } = await ask('GET /audit?limit=3&resource=run');
  const next = await ask(`GET /audit?limit=3&resource=run&cursor=${String(body['cursor'])}`);
  const ids = [body, next.body].flatMap((page) =>
    (page['entries'] as PlacedEntry[]).map(({ id }) => id),
  );
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect(new Set(ids).size).toBe(6);
  for (const query of ['action=nothing', 'from=today', 'cursor=x', 'unknown=1'])
    expect([query, (await ask(`GET /audit?${query}`)).status]).toEqual([query, 400]);
});

test('it is verified and exported as it stands', async () => {
  const signer = openSigner('a secret that this test alone knows of');
  await sealAll({ database: api.runtime.database, signer, checkpointMs: 0 });
  const { body } = await ask('POST /audit/verify', { trust: [signer.publicKey] });
  expect(body).toMatchObject({ intact: true, faults: [], signed: 1, first: 1 });
  const page = (await ask('GET /audit/export?limit=5')).body as { lines: string[]; cursor: string };
  expect(page.lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
    'after',
    ...Array<string>(5).fill('entry'),
  ]);
  const other = `GET /audit/export?cursor=${page.cursor}&from=2026-01-01T00:00:00Z`;
  expect((await ask(other)).body['detail']).toContain('leave them out');
  const rest = await ask(`GET /audit/export?limit=5&cursor=${page.cursor}`);
  expect(JSON.parse((rest.body['lines'] as string[])[0]!)).toMatchObject({
    kind: 'entry',
    position: 6,
  });
});

test('of all that nothing went wrong behind the answers', () => {
  expect(api.runtime.errors).toEqual([]);
});
