import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseContext } from '../../src/core/context.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  findBulk,
  findRun,
  listFailures,
  listPastAttempts,
  listReplays,
  listRuns,
  listSteps,
  retryRun,
} from '../../src/ledger/index.ts';
import {
  beginBulk,
  bulkDuty,
  carryOutBulk,
  openRelay,
  replay,
  tryBulk,
} from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

/** What the jobs of these tests did, and whether they may succeed. */
const done: string[] = [];
const healed = new Set<string>();

const failing = jobOf('failing', (_, { kind, id }: { kind: string; id: number }) => {
  if (healed.has(kind)) return Promise.resolve('healed');
  if (kind === 'type') return Promise.reject(new TypeError(`item ${id} is no item`));
  return Promise.reject(new Error(`item ${id} of "${kind}" cannot be stored`));
});
const stepping = jobOf('stepping', async (ctx: BaseContext, { name }: { name: string }) => {
  const first = await ctx.step('first', () => {
    done.push(`${name} first`);
    return Promise.resolve({ from: ctx.run.attempt, text: 'x'.repeat(300_000) });
  });
  await ctx.step('second', () => {
    done.push(`${name} second`);
    if (!healed.has(name)) throw new Error('not yet');
    return Promise.resolve('done');
  });
  return { first: first.from, length: first.text.length };
});
const doubling = jobOf('doubling', (_, { n }: { n: number }) => Promise.resolve({ twice: 2 * n }), {
  payload: z.object({ n: z.int() }),
});
const jobs = [failing, stepping, doubling];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    await runtime.work();
    const relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    closeRelay = () => relay.close();
  });
  let closeRelay: () => Promise<void>;
  afterAll(async () => {
    await closeRelay();
    await runtime[Symbol.asyncDispose]();
  });

  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    });
  /** Runs that failed, all accepted after whatever test came before. */
  async function fail(kind: string, count: number): Promise<string[]> {
    const ids = await Promise.all(
      Array.from({ length: count }, (_, id) => runtime.enqueuer.enqueue('failing', { kind, id })),
    );
    for (const id of ids) expect(await finished(id)).toMatchObject({ state: 'failed' });
    return ids;
  }
  const groupOf = async (id: string) => {
    const { error } = await findRun(runtime.database, id);
    return { job: 'failing', fingerprint: error!.fingerprint! };
  };
  async function bulk(order: Parameters<typeof beginBulk>[1]) {
    const { id } = await beginBulk(runtime, order);
    await carryOutBulk(runtime, id);
    return findBulk(runtime.database, id);
  }

  test('failed runs are grouped by the cause of their error, whatever they were about', async () => {
    const ids = await fail(`${footprint}-group`, 5);
    const others = await fail('type', 2);
    const { fingerprint } = await groupOf(ids[0]!);
    const groups = await listFailures(runtime.database, { job: 'failing', limit: 10 });
    const group = groups.find((one) => one.fingerprint === fingerprint);
    expect(group).toMatchObject({ job: 'failing', count: 5 });
    expect(ids).toEqual(expect.arrayContaining([...group!.latest]));
    expect(group!.latest).toHaveLength(3);
    expect(group!.firstSeen.getTime()).toBeLessThanOrEqual(group!.lastSeen.getTime());
    expect(group!.error.message).toMatch(/^item \d of/);
    const other = await groupOf(others[0]!);
    expect(groups.find((one) => one.fingerprint === other.fingerprint)).toMatchObject({ count: 2 });
    expect(await listFailures(runtime.database, { job: 'doubling', limit: 10 })).toEqual([]);
  });

  test('a dry run counts and shows, and changes nothing', async () => {
    const kind = `${footprint}-dry`;
    const from = new Date().toISOString();
    const ids = await fail(kind, 3);
    const order = { action: 'retry', filter: { ...(await groupOf(ids[0]!)), from } } as const;
    const { matched, sample } = await tryBulk(runtime, order);
    expect(matched).toBe(3);
    expect(sample.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect((await tryBulk(runtime, { ...order, limit: 2 })).matched).toBe(2);
    expect((await findRun(runtime.database, ids[0]!)).state).toBe('failed');
  });

  test('retry by filter takes the runs of one cause, keeps their history, and they go again', async () => {
    const kind = `${footprint}-retry`;
    const from = new Date().toISOString();
    const ids = await fail(kind, 4);
    const [stranger] = await fail('type', 1);
    healed.add(kind);
    const { fingerprint } = await groupOf(ids[0]!);
    const result = await bulk({ action: 'retry', filter: { fingerprint, from } });
    expect(result).toMatchObject({ matched: 4, changed: 4, finishedAt: expect.any(Date) });
    for (const id of ids) {
      expect(await finished(id)).toMatchObject({ state: 'succeeded', attempt: 2, failures: 0 });
      expect(await listPastAttempts(runtime.database, id)).toMatchObject([
        { attempt: 1, ending: 'failed', error: { fingerprint } },
      ]);
    }
    expect((await findRun(runtime.database, stranger!)).state).toBe('failed');
  });

  test('two that retry the same runs at once retry each of them once', async () => {
    const kind = `${footprint}-twice`;
    const from = new Date().toISOString();
    const ids = await fail(kind, 20);
    healed.add(kind);
    const order = { action: 'retry', filter: { ...(await groupOf(ids[0]!)), from } } as const;
    const both = await Promise.all([bulk(order), bulk(order)]);
    expect(both.reduce((sum, { changed }) => sum + changed, 0)).toBe(20);
    for (const id of ids) expect(await finished(id)).toMatchObject({ attempt: 2 });
  });

  test('with a rate the runs begin one after the other, and nobody has to wait for it', async () => {
    const kind = `${footprint}-rate`;
    const from = new Date().toISOString();
    const ids = await fail(kind, 3);
    const filter = { ...(await groupOf(ids[0]!)), from };
    const { begunAt } = await bulk({ action: 'retry', filter, rate: 0.01 });
    const runs = await Promise.all(ids.map((id) => findRun(runtime.database, id)));
    const waits = runs.map(({ runAt }) => Math.round((runAt.getTime() - begunAt.getTime()) / 1000));
    expect(waits.sort((a, b) => a - b)).toEqual([0, 100, 200]);
    // What the relay has in hand would be put into the queue after it was taken out: refused later, but there.
    await until(
      async () => (await runtime.database.query('select from nightshift.outbox')).length === 0,
    );
    const cancelled = await bulk({
      action: 'cancel',
      filter: { job: 'failing' },
      reason: 'enough',
    });
    expect(cancelled.changed).toBeGreaterThanOrEqual(2);
    const later = runs.find(({ runAt }) => runAt.getTime() > begunAt.getTime() + 150_000)!;
    expect(await findRun(runtime.database, later.id)).toMatchObject({
      state: 'cancelled',
      error: { message: 'enough' },
    });
    const { delivery } = await findRun(runtime.database, later.id);
    await until(async () => (await runtime.queues.known('failing', [delivery])).size === 0);
  });

  test('an action that its process left half way is carried on by the duty', async () => {
    const kind = `${footprint}-left`;
    const from = new Date().toISOString();
    const ids = await fail(kind, 3);
    healed.add(kind);
    const filter = { ...(await groupOf(ids[0]!)), from };
    const { id } = await beginBulk(runtime, { action: 'retry', filter });
    await bulkDuty(runtime).run();
    expect((await findBulk(runtime.database, id)).finishedAt).toBeNull();
    await runtime.database.query(
      `update nightshift.bulks set touched_at = now() - interval '1 minute' where id = $1`,
      [id],
    );
    expect(await bulkDuty(runtime).run()).toEqual({ carriedOn: 1 });
    expect(await findBulk(runtime.database, id)).toMatchObject({ matched: 3, changed: 3 });
    for (const run of ids) expect(await finished(run)).toMatchObject({ state: 'succeeded' });
  });

  test('an action that cannot be carried on is told of, and keeps no other from it', async () => {
    const { database } = runtime;
    const order = { action: 'retry', filter: { job: 'nobody-has-it' } } as const;
    const [broken, whole, old] = [
      await beginBulk(runtime, order),
      await beginBulk(runtime, order),
      await bulk(order),
    ];
    await database.query(
      `update nightshift.bulks set touched_at = now() - interval '1 minute',
         filter = case when id = $1 then '{"from": "nonsense"}' else filter end where id = any($2)`,
      [broken.id, [broken.id, whole.id]],
    );
    await database.query(
      `update nightshift.bulks set finished_at = now() - interval '31 days' where id = $1`,
      [old.id],
    );
    await expect(bulkDuty(runtime).run()).rejects.toMatchObject({
      code: 'bulk.stuck',
      message: expect.stringContaining(`${broken.id} (invalid input syntax`) as string,
    });
    expect((await findBulk(database, whole.id)).finishedAt).not.toBeNull();
    await expect(findBulk(database, old.id)).rejects.toMatchObject({ code: 'bulk.missing' });
    await database.query('delete from nightshift.bulks where id = $1', [broken.id]);
  });

  test('what would take everything has to be said, and what cannot be done is refused', async () => {
    const codeOf = (order: Parameters<typeof beginBulk>[1]) =>
      tryBulk(runtime, order).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      );
    expect(await codeOf({ action: 'retry', filter: {} })).toBe('bulk.everything');
    expect(await codeOf({ action: 'cancel', filter: {} })).toBe('bulk.everything');
    expect(await codeOf({ action: 'retry', filter: {}, all: true })).toBe('taken');
    expect(await codeOf({ action: 'retry', filter: { state: 'succeeded' } })).toBe('bulk.state');
    expect(await codeOf({ action: 'cancel', filter: { state: 'failed' } })).toBe('bulk.state');
    expect(await codeOf({ action: 'cancel', filter: { job: 'failing' }, rate: 1 })).toBe(
      'bulk.rate',
    );
  });

  test('a replay is a new run of the same or an edited payload, linked both ways', async () => {
    const id = await runtime.enqueuer.enqueue('doubling', { n: 2 });
    await finished(id);
    const same = await replay(runtime, { id });
    const edited = await replay(runtime, { id, payload: { n: 5 } });
    expect(await finished(same)).toMatchObject({ replayOf: id, result: { twice: 4 }, attempt: 1 });
    expect(await finished(edited)).toMatchObject({ replayOf: id, result: { twice: 10 } });
    expect(await listReplays(runtime.database, id)).toEqual([same, edited]);
    expect(await findRun(runtime.database, id)).toMatchObject({ result: { twice: 4 } });
    await expect(replay(runtime, { id, payload: { n: 'five' } })).rejects.toMatchObject({
      code: 'payload.invalid',
    });
    const waiting = await runtime.enqueuer.enqueue('doubling', { n: 1 }, { delayMs: 600_000 });
    await expect(replay(runtime, { id: waiting })).rejects.toMatchObject({
      code: 'run.unfinished',
    });
    expect(await listReplays(runtime.database, waiting)).toEqual([]);
  });

  test('runs are listed by cause and by the time they were accepted', async () => {
    const ids = await fail(`${footprint}-listed`, 2);
    const run = await findRun(runtime.database, ids[0]!);
    const from = new Date(run.createdAt.getTime() - 1000).toISOString();
    const { fingerprint } = await groupOf(ids[0]!);
    const listed = await listRuns(runtime.database, { fingerprint, from, limit: 100 });
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    expect(await listRuns(runtime.database, { fingerprint, to: '2020-01-01', limit: 9 })).toEqual(
      [],
    );
    expect(
      (await listRuns(runtime.database, { states: ['failed'], limit: 100 })).every(
        ({ state }) => state === 'failed',
      ),
    ).toBe(true);
  });
});

test('a run that failed goes on from its failed step, on another machine, with a large result from the archive', async () => {
  await using runtime = await openTestRuntime('postgres', jobs);
  const first = await runtime.work();
  const id = await runtime.enqueuer.enqueue('stepping', { name: 'travels' });
  await until(async () => (await findRun(runtime.database, id)).state === 'failed');
  await first.stop(1000);
  const [step] = await listSteps(runtime.database, id);
  expect(step).toMatchObject({ name: 'first', result: null, artifact: { bytes: 300_020 } });

  healed.add('travels');
  const { place, archive } = runtime;
  await using elsewhere = await openTestRuntime('postgres', jobs, { place, archive });
  const second = await elsewhere.work();
  const relay = await openRelay({ ...elsewhere, onError: (error) => elsewhere.errors.push(error) });
  await retryRun(elsewhere.database, id);
  const run = await until(async () => {
    const found = await findRun(elsewhere.database, id);
    return isFinal(found.state) ? found : undefined;
  });
  await relay.close();
  expect(run).toMatchObject({
    state: 'succeeded',
    attempt: 2,
    worker: second.id,
    result: { first: 1, length: 300_000 },
  });
  expect(done.filter((what) => what.startsWith('travels'))).toEqual([
    'travels first',
    'travels second',
    'travels second',
  ]);
});
