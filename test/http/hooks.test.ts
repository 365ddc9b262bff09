import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery, Received, ShownHook } from '../../src/hooks/index.ts';
import { findRun } from '../../src/ledger/index.ts';
import { githubHeaders, readRecorded } from '../hooks/github.ts';
import {
  githubSecret,
  type HookHouse,
  openHookHouse,
  shopHeaders,
  shopSecret,
} from '../support/hooks.ts';

describe.each(['embedded', 'postgres'] as const)('webhooks on the %s footprint', (footprint) => {
  let house: HookHouse;
  beforeAll(async () => {
    house = await openHookHouse(footprint);
  });
  afterAll(() => house[Symbol.asyncDispose]());
  beforeEach(() => house.present.delete('code-review'));

  interface Answer extends Received {
    readonly code?: string;
    readonly detail?: string;
  }

  async function deliver(hook: string, body: string, headers: Record<string, string>) {
    const response = await house.server.inject({
      method: 'POST',
      url: `/api/v1/hooks/${hook}`,
      payload: body,
      headers,
    });
    return { status: response.statusCode, body: response.json<Answer>() };
  }

  async function get<T>(path: string): Promise<T> {
    return (await house.server.inject(`/api/v1${path}`)).json<T>();
  }

  async function lastOf(hook: string): Promise<Delivery> {
    const { deliveries } = await get<{ deliveries: Delivery[] }>(
      `/hooks/${hook}/deliveries?limit=1`,
    );
    return deliveries[0]!;
  }

  const countRuns = async () =>
    (await house.runtime.database.query('select from nightshift.runs')).length;

  const order = (more: object = {}) => JSON.stringify({ type: 'paid', order: 7, ...more });

  test('a signed pull request becomes a run, and both stand in the log', async () => {
    house.present.add('code-review');
    const body = readRecorded('pull-request-opened');
    const headers = githubHeaders(body, { event: 'pull_request', secret: githubSecret });
    const { status, body: answer } = await deliver('github', body, headers);
    expect([status, answer.outcome]).toEqual([202, 'accepted']);
    const run = await findRun(house.runtime.database, answer.run!);
    expect(run).toMatchObject({
      job: 'code-review',
      key: 'harbour-freight/route-planner',
      payload: { kind: 'pull_request', number: 118 },
    });
    expect(await lastOf('github')).toMatchObject({
      id: answer.delivery,
      event: 'pull_request',
      delivery: headers['x-github-delivery'],
      outcome: 'accepted',
      run: answer.run,
      job: 'code-review',
      bodyKept: true,
      bodySize: Buffer.byteLength(body),
    });
  });

  test('GitHub may send the same as a form', async () => {
    house.present.add('code-review');
    const body = new URLSearchParams({ payload: readRecorded('push-main') }).toString();
    const headers = {
      ...githubHeaders(body, { event: 'push', secret: githubSecret }),
      'content-type': 'application/x-www-form-urlencoded',
    };
    expect(await deliver('github', body, headers)).toMatchObject({
      status: 202,
      body: { outcome: 'accepted' },
    });
  });

  test('a delivery that its sender tries again is answered as the first, and runs once', async () => {
    house.present.add('code-review');
    const body = readRecorded('pull-request-from-fork');
    const headers = githubHeaders(body, { event: 'pull_request', secret: githubSecret });
    const answers = await Promise.all([1, 2, 3].map(() => deliver('github', body, headers)));
    const runs = new Set(answers.map((answer) => answer.body.run));
    expect(runs.size).toBe(1);
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '200', '202']);
    expect(answers.map((answer) => answer.body.outcome).sort()).toEqual([
      'accepted',
      'duplicate',
      'duplicate',
    ]);
  });

  test('a copy with another id, or another body with the id, is refused as a replay', async () => {
    house.present.add('code-review');
    const body = readRecorded('pull-request-fork-gone');
    const signed = { event: 'pull_request', secret: githubSecret };
    const id = randomUUID();
    await deliver('github', body, githubHeaders(body, { ...signed, id }));
    const before = await countRuns();
    const copy = await deliver('github', body, githubHeaders(body, signed));
    expect(copy).toMatchObject({ status: 409, body: { code: 'hook.replayed' } });
    const other = readRecorded('pull-request-opened').replace('118', '119');
    const again = await deliver('github', other, githubHeaders(other, { ...signed, id }));
    expect(again).toMatchObject({ status: 409, body: { code: 'hook.replayed' } });
    expect(await countRuns()).toBe(before);
    expect(await lastOf('github')).toMatchObject({ outcome: 'replayed', bodyKept: false });
  });

  test('the exact copy of a signed request runs once, where there is no id', async () => {
    const body = order({ order: 41 });
    const headers = shopHeaders(body);
    const first = await deliver('shop', body, headers);
    const second = await deliver('shop', body, headers);
    expect(second).toMatchObject({
      status: 200,
      body: { outcome: 'duplicate', run: first.body.run },
    });
  });

  test('where there is nothing to do, the answer says why', async () => {
    const cases: [string, string, string][] = [
      ['ping', 'ping', 'no mapping for ping'],
      ['pull_request', 'pull-request-labeled', 'the action labeled changes no code'],
      ['push', 'push-tag', 'refs/tags/v2.4.0 is no branch'],
    ];
    for (const [event, recorded, reason] of cases) {
      const body = readRecorded(recorded);
      const headers = githubHeaders(body, { event, secret: githubSecret });
      expect(await deliver('github', body, headers)).toMatchObject({
        status: 202,
        body: { outcome: 'nothing', reason },
      });
      expect(await lastOf('github')).toMatchObject({ outcome: 'nothing', reason, run: null });
    }
  });

  test('what nobody signed is refused, and its body is not kept', async () => {
    const body = order({ secret: 'unverified' });
    const cases: [Record<string, string>, string][] = [
      [{ 'content-type': 'application/json' }, 'hook.unsigned'],
      [shopHeaders(`${body} `), 'hook.signature'],
      [shopHeaders(body, { secret: 'another' }), 'hook.signature'],
      [shopHeaders(body, { secondsAgo: 400 }), 'hook.stale'],
    ];
    for (const [headers, code] of cases) {
      const before = await countRuns();
      const { status, body: problem } = await deliver('shop', body, headers);
      expect([status, problem.code]).toEqual([401, code]);
      expect(problem.detail).not.toContain(shopSecret);
      expect(await countRuns()).toBe(before);
      const logged = await lastOf('shop');
      expect(logged).toMatchObject({ outcome: 'refused', code, bodyKept: false });
      expect(JSON.stringify(logged.headers)).not.toMatch(/signature/);
      expect(await get(`/hooks/shop/deliveries/${logged.id}`)).toMatchObject({ body: null });
    }
  });

  test('a signed body that is wrong is refused, logged and kept', async () => {
    const cases: [string, number, string][] = [
      ['{"type":"paid",', 400, 'hook.malformed'],
      ['', 400, 'hook.malformed'],
      ['{"type":"paid","order":"seven"}', 400, 'hook.body'],
      [order({ mood: 'bad' }), 500, 'hook.mapping'],
      [order({ mood: 'wrong' }), 400, 'payload.invalid'],
    ];
    for (const [body, status, code] of cases) {
      const answer = await deliver('shop', body, shopHeaders(body));
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(await lastOf('shop')).toMatchObject({ outcome: 'failed', code, run: null });
    }
  });

  test('text that Postgres does not take is logged all the same', async () => {
    const body = JSON.stringify({ type: 'paid\0\ud800', order: 1 });
    expect(await deliver('shop', body, shopHeaders(body))).toMatchObject({ status: 202 });
  });

  test('a body that is too large is 413, whatever it said of its size, and logged', async () => {
    const body = order({ text: 'x'.repeat(70 * 1024) });
    const answer = await deliver('shop', body, shopHeaders(body));
    expect(answer).toMatchObject({ status: 413, body: { code: 'hook.too_large' } });
    expect(answer.body.detail).toMatch(/68.4kb|70kb/);
    expect(await lastOf('shop')).toMatchObject({ code: 'hook.too_large', bodyKept: false });
  });

  test('a hook that is not there, or has no secret, says so', async () => {
    expect(await deliver('githb', '{}', {})).toMatchObject({
      status: 404,
      body: { code: 'hook.missing', detail: expect.stringContaining('did you mean "github"') },
    });
    expect(await deliver('bank', '{}', {})).toMatchObject({
      status: 503,
      body: {
        code: 'hook.no_secret',
        detail: expect.stringContaining('NIGHTSHIFT_HOOK_BANK_SECRETS'),
      },
    });
  });

  test('a hook whose job is not there keeps the delivery, and it is delivered again when it is', async () => {
    const body = readRecorded('push-first');
    const headers = githubHeaders(body, { event: 'push', secret: githubSecret });
    expect(await deliver('github', body, headers)).toMatchObject({
      status: 409,
      body: { code: 'hook.job_missing' },
    });
    const failed = await lastOf('github');
    expect(failed).toMatchObject({ outcome: 'failed', code: 'hook.job_missing', bodyKept: true });
    house.present.add('code-review');
    const again = await house.server.inject({
      method: 'POST',
      url: `/api/v1/hooks/github/deliveries/${failed.id}/redeliver`,
    });
    expect(again.statusCode).toBe(202);
    const { run, delivery } = again.json<Received>();
    expect(await findRun(house.runtime.database, run!)).toMatchObject({
      payload: { kind: 'push', base: null },
    });
    expect(await lastOf('github')).toMatchObject({
      id: delivery,
      outcome: 'accepted',
      redeliveryOf: failed.id,
      event: 'push',
    });
    expect(await deliver('github', body, headers)).toMatchObject({ status: 202 });
  });

  test('what was refused, or is too large to be kept, is not delivered again', async () => {
    await deliver('shop', order(), {});
    const large = order({ text: 'x'.repeat(20 * 1024) });
    expect(await deliver('shop', large, shopHeaders(large))).toMatchObject({ status: 202 });
    const { deliveries } = await get<{ deliveries: Delivery[] }>('/hooks/shop/deliveries');
    const refused = deliveries.find(({ outcome }) => outcome === 'refused')!;
    for (const id of [refused.id, deliveries[0]!.id]) {
      const again = await house.server.inject({
        method: 'POST',
        url: `/api/v1/hooks/shop/deliveries/${id}/redeliver`,
      });
      expect(again.json()).toMatchObject({ status: 409, code: 'hook.not_kept' });
    }
    const strange = `/api/v1/hooks/github/deliveries/${deliveries[0]!.id}/redeliver`;
    expect((await house.server.inject({ method: 'POST', url: strange })).json()).toMatchObject({
      code: 'hook.delivery_missing',
    });
  });

  test('the hooks are listed with what they lack, and without a secret', async () => {
    const { hooks } = await get<{ hooks: ShownHook[] }>('/hooks');
    expect(hooks.map(({ name, active, lacks }) => ({ name, active, lacks }))).toEqual([
      { name: 'github', active: false, lacks: ['there is no job code-review yet'] },
      { name: 'shop', active: true, lacks: [] },
      { name: 'bank', active: false, lacks: ['NIGHTSHIFT_HOOK_BANK_SECRETS is not set'] },
    ]);
    expect(hooks[1]).toMatchObject({
      path: '/api/v1/hooks/shop',
      secrets: { variable: 'NIGHTSHIFT_HOOK_SHOP_SECRETS', count: 1 },
      events: [{ event: 'paid', job: 'adding' }],
      lastAt: expect.any(String),
    });
    expect(hooks[1]!.lastDay.accepted).toBeGreaterThan(0);
    expect(JSON.stringify(hooks)).not.toContain(shopSecret);
  });

  test('a flood of unsigned deliveries does not fill the log', async () => {
    for (let i = 0; i < 70; i++) await deliver('shop', order(), {});
    const { deliveries } = await get<{ deliveries: Delivery[] }>(
      '/hooks/shop/deliveries?outcome=refused&limit=200',
    );
    expect(deliveries.length).toBeLessThanOrEqual(60 * 2);
    expect(deliveries.length).toBeGreaterThan(40);
  });

  test('deliveries are paged and filtered', async () => {
    for (let i = 0; i < 3; i++) {
      const body = order({ mood: 'idle', i });
      await deliver('shop', body, shopHeaders(body));
    }
    const first = await get<{ deliveries: Delivery[]; cursor: string }>(
      '/hooks/shop/deliveries?outcome=nothing&limit=2',
    );
    expect(first.deliveries).toHaveLength(2);
    const next = await get<{ deliveries: Delivery[] }>(
      `/hooks/shop/deliveries?outcome=nothing&limit=2&cursor=${first.cursor}`,
    );
    expect(next.deliveries[0]!.id < first.deliveries[1]!.id).toBe(true);
    expect(await get('/hooks/shop/deliveries?outcome=lost')).toMatchObject({ status: 400 });
  });

  test('what is old is forgotten, with what it is known by', async () => {
    const { database } = house.runtime;
    const body = order({ order: 77 });
    const headers = shopHeaders(body);
    const first = await deliver('shop', body, headers);
    const { hookLogDuty } = await import('../../src/hooks/index.ts');
    await hookLogDuty(database, { keepMs: 3_600_000 }).run();
    expect((await deliver('shop', body, headers)).body.outcome).toBe('duplicate');
    await database.query(`update nightshift.hook_keys set seen_at = now() - interval '2 hours'`);
    await database.query(
      `update nightshift.hook_deliveries set received_at = now() - interval '2 hours'`,
    );
    await hookLogDuty(database, { keepMs: 3_600_000 }).run();
    expect(await get('/hooks/shop/deliveries')).toEqual({ deliveries: [] });
    const again = await deliver('shop', body, headers);
    expect(again.body).toMatchObject({ outcome: 'accepted' });
    expect(again.body.run).not.toBe(first.body.run);
  });

  test('nothing of all this was a surprise', () => {
    expect(house.bugs.map(String)).toEqual(
      house.bugs.map(() => expect.stringContaining('the mapping is in a bad mood')),
    );
  });
});
