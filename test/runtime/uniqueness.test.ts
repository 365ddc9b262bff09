import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Author } from '../../src/core/audit.ts';
import type { BaseContext } from '../../src/core/context.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  cancelRun,
  findRun,
  type KeyPlace,
  newId,
  plantSettings,
  retryRun,
  sweepKeys,
} from '../../src/ledger/index.ts';
import { cancel, openRelay, type Relay, uniqueKeysDuty } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, payloadLimit, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const began: { readonly run: string; readonly payload: unknown }[] = [];
const quick = jobOf('quick', (ctx: BaseContext, payload) => {
  began.push({ run: ctx.run.id, payload });
  return Promise.resolve({ payload });
});
const failing = jobOf('failing', () => Promise.reject(new Error('no')));
const jobs = [quick, failing, jobOf('resting', () => Promise.resolve(), { expires: '1h' })];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    await plantSettings(runtime.database, { payloadLimit });
    await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  });
  afterAll(async () => {
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    });
  const find = (id: string) => findRun(runtime.database, id);
  const delayMs = 3_600_000;

  async function bySql(job: string, payload: unknown, options: unknown) {
    const [row] = await runtime.database.query<{ id: string; existing: boolean }>(
      'select * from nightshift.offer($1, $2::jsonb, $3::jsonb)',
      [job, JSON.stringify(payload), JSON.stringify(options)],
    );
    return row!;
  }

  describe('unique', () => {
    test('while a run has not ended, another with its key is not accepted', async () => {
      const unique = { key: newId() };
      const first = await runtime.enqueuer.offer('quick', { a: 1 }, { unique, delayMs });
      const second = await runtime.enqueuer.offer('quick', { a: 2 }, { unique });
      expect([first.existing, second]).toEqual([false, { id: first.id, existing: true }]);
      expect(await find(first.id)).toMatchObject({
        payload: { a: 1 },
        uniqueness: { rule: 'unique', key: unique.key },
      });
      await cancel({ sql: runtime.database, ...runtime }, { id: first.id, reason: 'enough' });
      const third = await runtime.enqueuer.offer('quick', { a: 3 }, { unique });
      expect(third).toMatchObject({ existing: false });
      expect(await finished(third.id)).toMatchObject({ state: 'succeeded', payload: { a: 3 } });
      expect(await runtime.enqueuer.enqueue('quick', { a: 4 }, { unique })).not.toBe(third.id);
    });

    test('a key is one of its job', async () => {
      const unique = { key: newId() };
      const { counts, known } = runtime.queues;
      const { delayed } = await counts('resting');
      const first = await runtime.enqueuer.offer('quick', {}, { unique, delayMs });
      const other = await runtime.enqueuer.offer('resting', {}, { unique, delayMs });
      expect([first.existing, other.existing]).toEqual([false, false]);
      const { delivery } = await find(other.id);
      expect([...(await known('resting', [delivery]))]).toEqual([delivery]);
      expect((await counts('resting')).delayed).toBe(delayed + 1);
    });

    test('with a window a run that succeeded stands in the way, one that failed does not', async () => {
      const unique = { key: newId(), for: '1h' } as const;
      const first = await runtime.enqueuer.enqueue('failing', {}, { unique });
      await finished(first);
      const again = await runtime.enqueuer.offer('failing', {}, { unique });
      expect(again).toMatchObject({ existing: false });
      const good = await runtime.enqueuer.enqueue('quick', {}, { unique });
      await finished(good);
      const twin = await runtime.enqueuer.offer('quick', {}, { unique });
      expect(twin).toEqual({ id: good, existing: true });
    });

    test('when the window is over the next is accepted, though the first has not ended', async () => {
      const unique = { key: newId(), for: '50ms' } as const;
      const first = await runtime.enqueuer.enqueue('quick', {}, { unique, delayMs });
      await sleep(60);
      const second = await runtime.enqueuer.offer('quick', {}, { unique, delayMs });
      expect(second).toMatchObject({ existing: false });
      const third = await runtime.enqueuer.offer('quick', {}, { unique: { key: unique.key } });
      expect([second.id, third]).not.toContain(first);
      expect(third).toEqual({ id: second.id, existing: true });
    });

    test('whoever gives a run that waits another payload is told of, each of those who come together', async () => {
      const debounce = { key: newId(), for: '1h' } as const;
      const deep: unknown = JSON.parse(`${'['.repeat(1000)}1${']'.repeat(1000)}`);
      const by = (id: string): Author => ({
        actor: { kind: 'key', id, name: id, role: 'developer' },
        origin: { via: 'http' },
      });
      const [{ id }] = await Promise.all([
        runtime.enqueuer.offer('quick', deep, { debounce, by: by('ada') }),
        runtime.enqueuer.offer('quick', { b: 1 }, { debounce, by: by('bob') }),
        runtime.enqueuer.offer('quick', deep, { debounce, by: by('ada') }),
      ]);
      const told = await runtime.database.query(
        `select actor ->> 'id' as by, action from nightshift_audit.entries where ids @> array[$1] order by id`,
        [id],
      );
      expect(told).toEqual([
        { by: 'ada', action: 'run.enqueued' },
        { by: 'bob', action: 'run.joined' },
        { by: 'ada', action: 'run.joined' },
      ]);
      expect(await find(id)).toMatchObject({ payload: deep, acceptedBy: by('ada') });
      await runtime.enqueuer.offer('quick', {}, { debounce });
      expect(await find(id)).toMatchObject({ payload: {}, acceptedBy: null });
    });

    test('without a key the payload is it, whatever the order, in TypeScript as in SQL', async () => {
      const [a, b] = [{ to: newId(), total: 10.5, all: [1, { x: 'é', y: null }] }, newId()];
      const first = await runtime.enqueuer.offer('quick', a, { unique: {}, delayMs });
      const same = { all: [1, { y: null, x: 'é' }], total: 10.5, to: a.to };
      const second = await runtime.enqueuer.offer('quick', same, { unique: {} });
      expect(second).toEqual({ id: first.id, existing: true });
      expect(await bySql('quick', same, { unique: {} })).toEqual(second);
      const other = await runtime.enqueuer.offer('quick', b, { unique: {} });
      expect(other).toMatchObject({ existing: false });
      const { uniqueness } = await find(first.id);
      expect(uniqueness!.key).toMatch(/^sha256:[\da-f]{64}$/);
    });

    test('of fifty at the same moment one makes the run', async () => {
      const unique = { key: newId() };
      const offers = await Promise.all(
        Array.from({ length: 50 }, (_, a) =>
          runtime.enqueuer.offer('quick', { a }, { unique, delayMs }),
        ),
      );
      expect(new Set(offers.map(({ id }) => id)).size).toBe(1);
      expect(offers.filter(({ existing }) => !existing)).toHaveLength(1);
    });

    test('many at once may have a key twice', async () => {
      const [x, y] = [newId(), newId()];
      const offers = await runtime.enqueuer.offerMany('quick', [{ x }, { y }, { x }], {
        unique: {},
        delayMs,
      });
      expect(offers.map(({ existing }) => existing)).toEqual([false, false, true]);
      expect(offers[2]!.id).toBe(offers[0]!.id);
      const again = await runtime.enqueuer.enqueueMany('quick', [{ y }, { x }], { unique: {} });
      expect(again).toEqual([offers[1]!.id, offers[0]!.id]);
    });

    test('a failed run is not tried again while another has its key', async () => {
      const unique = { key: newId() };
      const failed = await runtime.enqueuer.enqueue('failing', {}, { unique });
      await finished(failed);
      const next = await runtime.enqueuer.enqueue('failing', {}, { unique, delayMs });
      await expect(retryRun(runtime.database, failed)).rejects.toMatchObject({
        code: 'unique.taken',
        message: expect.stringContaining(next) as string,
      });
      await cancel({ sql: runtime.database, ...runtime }, { id: next, reason: 'enough' });
      expect(await retryRun(runtime.database, failed)).toMatchObject({ state: 'queued' });
      const twin = await runtime.enqueuer.offer('failing', {}, { unique });
      if (!isFinal((await find(failed)).state)) expect(twin.id).toBe(failed);
    });
  });

  describe('debounce', () => {
    test('a run that has not begun takes the new payload and waits again', async () => {
      const debounce = { key: newId(), for: '400ms' } as const;
      const offers = [];
      for (const a of [1, 2, 3]) {
        offers.push(await runtime.enqueuer.offer('quick', { a }, { debounce }));
        await sleep(150);
      }
      const [first, ...others] = offers;
      expect(first).toMatchObject({ existing: false });
      for (const other of others) expect(other).toEqual({ id: first!.id, existing: true });
      const { counts } = runtime.queues;
      expect((await counts('quick')).delayed).toBeGreaterThan(0);
      const run = await finished(first!.id);
      expect(run).toMatchObject({ state: 'succeeded', attempt: 1, result: { payload: { a: 3 } } });
      const waited = run.startedAt!.getTime() - run.createdAt.getTime();
      expect(waited).toBeGreaterThanOrEqual(700);
      expect(began.filter((one) => one.run === first!.id)).toHaveLength(1);
      const next = await runtime.enqueuer.offer('quick', { a: 4 }, { debounce });
      expect(next).toMatchObject({ existing: false });
      expect(await finished(next.id)).toMatchObject({ result: { payload: { a: 4 } } });
    });

    test('it waits no longer than upTo since the first', async () => {
      const debounce = { key: newId(), for: '300ms', upTo: '600ms' } as const;
      const id = await runtime.enqueuer.enqueue('quick', { a: 0 }, { debounce });
      let a = 0;
      while (!isFinal((await find(id)).state)) {
        await runtime.enqueuer.enqueue('quick', { a: ++a }, { debounce });
        await sleep(40);
      }
      const run = await find(id);
      const waited = run.runAt.getTime() - run.createdAt.getTime();
      expect(waited).toBeGreaterThan(500);
      expect(waited).toBeLessThanOrEqual(700);
      expect(run.result).not.toEqual({ payload: { a: 0 } });
    });

    test('one that is to wait for less begins sooner', async () => {
      const key = newId();
      const id = await runtime.enqueuer.enqueue('quick', 1, { debounce: { key, for: '1h' } });
      const sooner = await runtime.enqueuer.offer('quick', 2, { debounce: { key, for: '100ms' } });
      expect(sooner).toEqual({ id, existing: true });
      expect(await finished(id)).toMatchObject({ attempt: 1, result: { payload: 2 } });
    });

    test('a thousand times put off is one delivery in the queue', async () => {
      const debounce = { key: newId(), for: '1h' } as const;
      const before = (await runtime.queues.counts('resting')).delayed;
      const payloads = Array.from({ length: 1000 }, (_, a) => ({ a }));
      const ids = new Set<string>();
      for (const part of [payloads.slice(0, 500), payloads.slice(500)])
        for (const id of await runtime.enqueuer.enqueueMany('resting', part, { debounce }))
          ids.add(id);
      await Promise.all(
        payloads.slice(0, 200).map((one) => runtime.enqueuer.enqueue('resting', one, { debounce })),
      );
      expect(ids.size).toBe(1);
      expect((await runtime.queues.counts('resting')).delayed).toBe(before + 1);
    });

    test('it expires as late as it is put off', async () => {
      const debounce = { key: newId(), for: '30m' } as const;
      const id = await runtime.enqueuer.enqueue('resting', {}, { debounce });
      await runtime.enqueuer.enqueue('resting', {}, { debounce });
      const { runAt, expiresAt } = await find(id);
      expect(expiresAt!.getTime() - runAt.getTime()).toBe(3_600_000);
    });

    test('a run cancelled while it waits is not woken, and the next is a new one', async () => {
      const debounce = { key: newId(), for: '1h' } as const;
      const id = await runtime.enqueuer.enqueue('quick', {}, { debounce });
      await cancel({ sql: runtime.database, ...runtime }, { id, reason: 'enough' });
      const next = await runtime.enqueuer.offer('quick', {}, { debounce });
      expect(next).toMatchObject({ existing: false });
      expect(await find(id)).toMatchObject({ state: 'cancelled' });
    });
  });

  describe('throttle', () => {
    test('the first begins at once, and what comes within the window is one run at its end', async () => {
      const throttle = { key: newId(), per: '700ms' } as const;
      const first = await finished(await runtime.enqueuer.enqueue('quick', 1, { throttle }));
      const offers = [];
      for (const a of [2, 3, 4])
        offers.push(await runtime.enqueuer.offer('quick', a, { throttle }));
      expect(offers.map(({ existing }) => existing)).toEqual([false, true, true]);
      expect(new Set(offers.map(({ id }) => id)).size).toBe(1);
      const second = await finished(offers[0]!.id);
      expect(second).toMatchObject({ attempt: 1, result: { payload: 4 } });
      const apart = second.startedAt!.getTime() - first.startedAt!.getTime();
      expect(apart).toBeGreaterThanOrEqual(700);
      expect(apart).toBeLessThan(3000);
      const third = await finished(await runtime.enqueuer.enqueue('quick', 5, { throttle }));
      expect(third.startedAt!.getTime() - second.startedAt!.getTime()).toBeGreaterThanOrEqual(700);
    });

    test('whatever comes and goes, no two begin within one window', async () => {
      const throttle = { key: newId(), per: '200ms' } as const;
      const ids = new Set<string>();
      for (let a = 0; a < 40; a++) {
        const { id } = await runtime.enqueuer.offer('quick', a, { throttle });
        ids.add(id);
        if (a % 7 === 0) await cancelRun(runtime.database, id, 'enough').catch(() => {});
        await sleep(25);
      }
      const runs = await Promise.all([...ids].map(finished));
      const begins = runs
        .flatMap(({ startedAt }) => (startedAt ? [startedAt.getTime()] : []))
        .sort((x, y) => x - y);
      expect(begins.length).toBeGreaterThan(2);
      for (const [i, at] of begins.slice(1).entries())
        expect(at - begins[i]!).toBeGreaterThanOrEqual(199); // a Date has whole milliseconds
      expect(runs.at(-1)).toMatchObject({ result: { payload: 39 } });
    });
  });

  describe('in a transaction of the caller’s', () => {
    test('the key is taken when it commits, and free when it rolls back', async () => {
      const unique = { key: newId() };
      const rolledBack = runtime.database.transaction(async (tx) => {
        await runtime.enqueuer.enqueue('quick', 1, { unique, tx });
        throw new Error('changed my mind');
      });
      await expect(rolledBack).rejects.toThrow('changed my mind');
      const id = await runtime.database.transaction(async (tx) => {
        const first = await runtime.enqueuer.offer('quick', 2, { unique, tx });
        expect(first).toMatchObject({ existing: false });
        const second = await runtime.enqueuer.offer('quick', 3, { unique, tx });
        expect(second).toEqual({ id: first.id, existing: true });
        return first.id;
      });
      expect(await finished(id)).toMatchObject({ state: 'succeeded', result: { payload: 2 } });
    });

    test('a debounced run is put off when it commits, and as it was when it rolls back', async () => {
      const debounce = { key: newId(), for: '300ms' } as const;
      const id = await runtime.enqueuer.enqueue('quick', 1, { debounce });
      const offer = (payload: number, fails: boolean) =>
        runtime.database.transaction(async (tx) => {
          const offered = await runtime.enqueuer.offer('quick', payload, { debounce, tx });
          if (fails) throw new Error('changed my mind');
          return offered;
        });
      await expect(offer(2, true)).rejects.toThrow('changed my mind');
      expect(await find(id)).toMatchObject({ payload: 1 });
      expect(await offer(3, false)).toEqual({ id, existing: true });
      expect(await finished(id)).toMatchObject({ attempt: 1, result: { payload: 3 } });
    });

    test('one that is to wait for less, by a transaction, begins sooner', async () => {
      const key = newId();
      const id = await runtime.enqueuer.enqueue('quick', 1, { debounce: { key, for: '1h' } });
      await runtime.database.transaction((tx) =>
        runtime.enqueuer.enqueue('quick', 2, { debounce: { key, for: '50ms' }, tx }),
      );
      expect(await finished(id)).toMatchObject({ attempt: 1, result: { payload: 2 } });
    });
  });

  describe('by SQL', () => {
    test('the three rules are the same as in TypeScript', async () => {
      const key = newId();
      const unique = await bySql('quick', 1, { unique: { key }, delay: '1h' });
      expect(await runtime.enqueuer.offer('quick', 2, { unique: { key } })).toEqual({
        id: unique.id,
        existing: true,
      });
      const first = await bySql('quick', 1, { debounce: { key, for: '200ms' } });
      expect(await bySql('quick', 2, { debounce: { key, for: '200ms' } })).toEqual({
        id: first.id,
        existing: true,
      });
      expect(await finished(first.id)).toMatchObject({
        attempt: 1,
        version: 1,
        result: { payload: 2 },
        uniqueness: { rule: 'debounce', key, forMs: 200 },
      });
      const per = '500ms';
      const one = await finished((await bySql('quick', 1, { throttle: { key, per } })).id);
      const two = await bySql('quick', 2, { throttle: { key, per } });
      expect(await runtime.enqueuer.offer('quick', 3, { throttle: { key, per } })).toEqual({
        id: two.id,
        existing: true,
      });
      const end = await finished(two.id);
      expect(end).toMatchObject({ attempt: 1, result: { payload: 3 } });
      expect(end.startedAt!.getTime() - one.startedAt!.getTime()).toBeGreaterThanOrEqual(500);
    });

    test.each([
      [{ unique: {}, debounce: { key: 'a', for: '1s' } }, 'unique and debounce cannot be given'],
      [{ throttle: { key: 'a', per: '1s' }, delay: '1s' }, 'throttle and delay cannot be given'],
      [{ unique: true }, 'the option unique is true'],
      [{ unique: { key: '' } }, 'the option unique.key is ""'],
      [{ unique: { key: 'x'.repeat(256) } }, 'the option unique.key is'],
      [{ unique: { name: 'a' } }, 'there is no option "unique.name"'],
      [{ debounce: { for: '1s' } }, 'the option debounce.key is null'],
      [{ debounce: { key: 'a' } }, 'the option debounce is'],
      [{ debounce: { key: 'a', for: '1m', upTo: '1s' } }, 'the option debounce is'],
      [{ debounce: { key: 'a', for: 'soon' } }, 'the option debounce.for is "soon"'],
      [{ debounce: { key: 'a', for: '2h' }, expires: '1h' }, 'may hold the run back for 02:00:00'],
    ])('%j is refused, and nothing is kept', async (options, message) => {
      const count = () => runtime.database.query('select from nightshift.unique_keys');
      const before = (await count()).length;
      await expect(bySql('quick', {}, options)).rejects.toThrow(message);
      expect(await count()).toHaveLength(before);
    });
  });

  test('a wrong option is refused before anything is written', async () => {
    const { enqueuer } = runtime;
    const debounce = { key: 'a', for: '2h' } as const;
    await expect(enqueuer.enqueue('resting', {}, { debounce })).rejects.toMatchObject({
      code: 'unique.expiry',
      kind: 'invalid',
    });
    await expect(enqueuer.enqueue('quick', {}, { unique: { key: '' } })).rejects.toMatchObject({
      code: 'unique.key',
    });
    await expect(
      enqueuer.enqueueMany('quick', [{}], { debounce, delayMs: 5 }),
    ).rejects.toMatchObject({ code: 'unique.together' });
  });

  test('keys that stand in nobody’s way go, the others stay', async () => {
    const done = { key: newId() };
    const within = { key: newId(), for: '1h' } as const;
    const waiting = { key: newId() };
    const quiet = { key: newId(), per: '1h' } as const;
    await finished(await runtime.enqueuer.enqueue('quick', {}, { unique: done }));
    await finished(await runtime.enqueuer.enqueue('quick', {}, { unique: within }));
    await finished(await runtime.enqueuer.enqueue('quick', {}, { throttle: quiet }));
    await runtime.enqueuer.enqueue('quick', {}, { unique: waiting, delayMs });
    let next: KeyPlace | undefined = ['', '', ''];
    while (next) ({ next } = await sweepKeys(runtime.database, next, 3));
    expect(await uniqueKeysDuty(runtime.database).run()).toEqual({
      deleted: expect.any(Number) as number,
    });
    const rows = await runtime.database.query<{ key: string }>(
      'select key from nightshift.unique_keys where key = any($1::text[])',
      [[done.key, within.key, waiting.key, quiet.key]],
    );
    expect(rows.map(({ key }) => key).sort()).toEqual([within.key, waiting.key, quiet.key].sort());
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});
