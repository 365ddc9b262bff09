import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetRequestKeys } from '../../src/ledger/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf } from '../support/runtime.ts';

const plain = jobOf('plain', () => Promise.resolve());
const gated = jobOf('gated', () => Promise.resolve(), { concurrency: { total: 1 } });

describe.each(footprints)('Idempotency-Key, %s', (footprint) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi(footprint, [plain, gated]);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const post = (path: string, body: object, key: string) =>
    api.call<{ id: string; code: string }>('POST', path, body, { 'idempotency-key': key });
  async function countRuns(): Promise<number> {
    const rows = await api.runtime.database.query<{ count: number }>(
      'select count(*)::int as count from nightshift.runs',
    );
    return rows[0]!.count;
  }

  test.each(['plain', 'gated'])('twins at the same time make one run of a %s job', async (job) => {
    const before = await countRuns();
    const twins = await Promise.all(
      Array.from({ length: 10 }, () => post('/runs', { job, payload: { a: 1 } }, `twin-${job}`)),
    );
    expect(new Set(twins.map(({ body }) => body.id)).size).toBe(1);
    expect(twins.map(({ status }) => status)).toEqual(twins.map(() => 202));
    const replayed = twins.filter(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed).toHaveLength(9);
    expect(await countRuns()).toBe(before + 1);
  });

  test('the order of keys in a body does not matter, and another body is a conflict', async () => {
    const first = await post('/runs', { job: 'plain', payload: { a: 1, b: 2 } }, 'order');
    const again = await post('/runs', { payload: { b: 2, a: 1 }, job: 'plain' }, 'order');
    expect(again.body).toEqual(first.body);
    expect(await post('/runs', { job: 'plain', payload: { a: 2 } }, 'order')).toMatchObject({
      status: 409,
      body: { code: 'idempotency.reused' },
    });
    expect(await post('/events', { name: 'e' }, 'order')).toMatchObject({ status: 409 });
  });

  test('a schedule is fired by hand once, and a bulk action is one, with one entry in the audit log', async () => {
    await post('/schedules', { name: 'nightly', job: 'plain', cron: '@yearly' }, 'made');
    const before = await countRuns();
    const fire = () => post('/schedules/nightly/run', {}, 'fired');
    const [first, second] = [await fire(), await fire()];
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(second.headers).toHaveProperty('idempotency-replayed');
    expect(await countRuns()).toBe(before + 1);
    const order = { action: 'cancel', filter: { job: 'gated' } };
    const [begun, again] = [
      await post('/runs/bulk', order, 'bulk'),
      await post('/runs/bulk', order, 'bulk'),
    ];
    expect(again.body.id).toBe(begun.body.id);
    const told = await api.runtime.database.query<{ action: string }>(
      `select action from nightshift_audit.entries where action in ('schedule.fired', 'runs.changed') order by id`,
    );
    expect(told.map(({ action }) => action)).toEqual(['schedule.fired', 'runs.changed']);
  });

  test('a request that was refused leaves its key free', async () => {
    expect(await post('/runs', { job: 'plian' }, 'free')).toMatchObject({ status: 404 });
    expect(await post('/runs', { job: 'plain' }, 'free')).toMatchObject({ status: 202 });
  });

  test('a key is kept for a day, and then removed', async () => {
    const { database } = api.runtime;
    const first = await post('/runs', { job: 'plain' }, 'old');
    const age = (interval: string) =>
      database.query(
        `update nightshift.idempotency_keys set created_at = now() - $1::interval where key = 'old'`,
        [interval],
      );
    await age('23 hours 59 minutes');
    expect((await post('/runs', { job: 'plain' }, 'old')).body.id).toBe(first.body.id);
    expect(await forgetRequestKeys(database)).toBe(0);
    await age('24 hours');
    const second = await post('/runs', { job: 'plain', payload: 2 }, 'old');
    expect(second).toMatchObject({ status: 202 });
    expect(second.body.id).not.toBe(first.body.id);
    await age('24 hours');
    expect(await forgetRequestKeys(database)).toBe(1);
  });

  test('an event, and a replay, are carried out once', async () => {
    const { body: run } = await post('/runs', { job: 'plain' }, 'original');
    await api.runtime.work();
    await api.ended(run.id);
    const [one, two] = await Promise.all(
      [1, 2].map(() => post(`/runs/${run.id}/replay`, {}, 'replay')),
    );
    expect(one!.body).toEqual(two!.body);
    const event = { name: 'paid', payload: { n: 1 } };
    await post('/events', event, 'event');
    expect((await post('/events', event, 'event')).headers).toHaveProperty('idempotency-replayed');
    const rows = await api.runtime.database.query(`select from nightshift.events`);
    expect(rows).toHaveLength(1);
  });

  test.each(['', 'two words', 'x'.repeat(256), 'ümlaut'])('the key %j is refused', async (key) => {
    expect(await post('/runs', { job: 'plain' }, key)).toMatchObject({
      status: 400,
      body: { code: 'idempotency.key' },
    });
  });
});
