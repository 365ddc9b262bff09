import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf } from '../support/runtime.ts';

const count = defineJob({
  name: 'count',
  summary: 'Counts.',
  payload: z.object({ n: z.int() }),
  run: () => Promise.resolve(),
});
const other = jobOf('other', () => Promise.resolve());
const narrow = jobOf('narrow', () => Promise.resolve(), {
  concurrency: { total: 1 },
  maxQueued: { runs: 5, whenFull: 'reject' },
});

describe.each(footprints)('batch, %s', (footprint) => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi(footprint, [count, other, narrow]);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const send = (body: object, headers: Record<string, string> = {}) =>
    api.call<Answer>('POST', '/runs/batch', body, headers);
  const runsOf = async (job: string) => {
    const [row] = await api.runtime.database.query<{ count: number }>(
      'select count(*)::int as count from nightshift.runs where job = $1',
      [job],
    );
    return row!.count;
  };

  test('runs of several jobs are accepted in one commit, in their order', async () => {
    const before = await runsOf('count');
    const { status, body } = await send({
      runs: [
        { job: 'count', payload: { n: 1 } },
        { job: 'other', delay: '1h', key: 'k' },
        { job: 'count', payload: { n: 2 }, unique: { key: 'one' } },
        { job: 'count', payload: { n: 3 }, unique: { key: 'one' } },
      ],
    });
    expect(status).toBe(202);
    expect(body.accepted.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(body.refused).toEqual([]);
    expect(body.accepted[3]).toMatchObject({ id: body.accepted[2]!.id, existing: true });
    expect(await runsOf('count')).toBe(before + 2);
  });

  test('one wrong run of a batch refuses them all, and says each', async () => {
    const before = await runsOf('count');
    const { status, body } = await send({
      runs: [
        { job: 'count', payload: { n: 1 } },
        { job: 'count', payload: { n: 'x' } },
        { job: 'cuont' },
        { job: 'count', payload: { n: 1 }, dealy: '1s' },
      ],
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'batch.refused' });
    expect(body.refused.map(({ index, code }) => [index, code])).toEqual([
      [1, 'payload.invalid'],
      [2, 'job.unknown'],
      [3, 'request.invalid'],
    ]);
    expect(await runsOf('count')).toBe(before);
  });

  test('with partial the others are accepted', async () => {
    const before = await runsOf('count');
    const { status, body } = await send({
      partial: true,
      runs: [{ job: 'count', payload: {} }, { job: 'count', payload: { n: 1 } }, 'nonsense'],
    });
    expect(status).toBe(202);
    expect(body.accepted).toMatchObject([{ index: 1 }]);
    expect(body.refused.map(({ index }) => index)).toEqual([0, 2]);
    expect(await runsOf('count')).toBe(before + 1);
  });

  test('a full queue takes as many as it has room for with partial, else none', async () => {
    const runs = Array.from({ length: 8 }, () => ({ job: 'narrow' }));
    expect(await send({ runs: [{ job: 'other' }, ...runs] })).toMatchObject({
      status: 429,
      body: { code: 'queue.full' },
    });
    expect(await runsOf('narrow')).toBe(0);
    const { body } = await send({ partial: true, runs });
    expect(body.accepted.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(body.refused.map(({ index, code }) => [index, code])).toEqual([
      [5, 'queue.full'],
      [6, 'queue.full'],
      [7, 'queue.full'],
    ]);
    expect(await runsOf('narrow')).toBe(5);
  });

  test('100,000 runs in one batch are refused with the limit, and none is accepted', async () => {
    const before = await runsOf('other');
    const runs = Array.from({ length: 100_000 }, () => ({ job: 'other' }));
    for (const partial of [false, true]) {
      const answer = await send({ runs, partial });
      expect(answer).toMatchObject({ status: 400, body: { code: 'enqueue.too_many' } });
      expect(answer.body.detail).toContain('10000');
    }
    expect(await runsOf('other')).toBe(before);
  });

  test('what a batch accepted is run', async () => {
    await api.runtime.work();
    const { body } = await send({ runs: [{ job: 'other' }, { job: 'count', payload: { n: 9 } }] });
    for (const { id } of body.accepted)
      expect(await api.ended(id)).toMatchObject({ state: 'succeeded' });
  });

  test('a batch that is sent twice with one Idempotency-Key is accepted once', async () => {
    const before = await runsOf('count');
    const runs = [
      { job: 'count', payload: { n: 1 } },
      { job: 'count', payload: {} },
    ];
    const headers = { 'idempotency-key': 'batch-1' };
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => send({ runs, partial: true }, headers)),
    );
    for (const twin of others) expect(twin.body).toEqual(first!.body);
    expect(await runsOf('count')).toBe(before + 1);
    expect(await send({ runs }, headers)).toMatchObject({ status: 400 });
    expect(await send({ runs: runs.slice(0, 1) }, headers)).toMatchObject({
      status: 409,
      body: { code: 'idempotency.reused' },
    });
  });
});

interface Answer {
  readonly accepted: readonly { index: number; id: string; existing?: true }[];
  readonly refused: readonly { index: number; code: string; detail: string }[];
  readonly detail: string;
}
