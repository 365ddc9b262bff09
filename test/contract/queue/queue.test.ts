import { v4 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Failure } from '../../../src/core/errors.ts';
import type { Queues } from '../../../src/queue/index.ts';
import { footprints } from '../../support/footprint.ts';
import { until } from '../../support/until.ts';
import { collect } from './collector.ts';
import { holdInChild, openQueuesUnderTest, type QueuesUnderTest } from './footprints.ts';

const one = { concurrency: 1 };

describe.each(footprints)('queues, %s', (footprint) => {
  let place: QueuesUnderTest;
  let queues: Queues;

  beforeAll(async () => {
    place = await openQueuesUnderTest(footprint);
    queues = await place.open();
  });
  afterAll(() => place[Symbol.asyncDispose]());

  /** Adds one delivery that carries one run. */
  async function add(
    job: string,
    how: { priority?: number; delayMs?: number; isFirst?: boolean } = {},
  ) {
    const delivery = uuid();
    await queues.dispatch({ job, delivery, runs: [uuid()], ...how });
    return delivery;
  }

  test('a delivery arrives with its runs, once, and leaves nothing behind', async () => {
    const dispatch = { job: 'add', delivery: uuid(), runs: [uuid(), uuid()] };
    await queues.dispatch(dispatch);
    await queues.dispatch(dispatch);
    const { handle, reach, deliveries } = collect();
    const consumer = queues.consume('add', handle, one);
    consumer.start();
    await reach(1);
    const next = await add('add');
    await reach(2);
    await consumer.close();
    expect(deliveries).toMatchObject([
      { id: dispatch.delivery, runs: dispatch.runs },
      { id: next },
    ]);
    expect(deliveries[0]).not.toHaveProperty('foreign');
    expect(await queues.counts('add')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  });

  test('many deliveries to several jobs go out together, each in order', async () => {
    const dispatches = Array.from({ length: 600 }, (_, i) => ({
      job: i % 3 ? 'bulk-a' : 'bulk-b',
      delivery: uuid(),
      runs: [uuid()],
    }));
    await queues.dispatchMany(dispatches);
    for (const [job, count] of [
      ['bulk-a', 400],
      ['bulk-b', 200],
    ] as const) {
      const { handle, reach } = collect();
      const consumer = queues.consume(job, handle, one);
      consumer.start();
      expect(await reach(count)).toEqual(
        dispatches.filter((dispatch) => dispatch.job === job).map(({ delivery }) => delivery),
      );
      await consumer.close();
    }
  });

  test('the lowest priority number goes first', async () => {
    const last = await add('priority', { priority: 9 });
    const first = await add('priority', { priority: 1 });
    const middle = await add('priority', { priority: 5 });
    const { handle, reach } = collect();
    const consumer = queues.consume('priority', handle, one);
    consumer.start();
    expect(await reach(3)).toEqual([first, middle, last]);
    await consumer.close();
  });

  test('what is to go first overtakes what waits, alone or among many', async () => {
    const waiting = [await add('first'), await add('first')];
    const one = await add('first', { isFirst: true });
    const two = uuid();
    await queues.dispatchMany([
      { job: 'first', delivery: two, runs: [uuid()], isFirst: true, priority: 0, delayMs: 0 },
    ]);
    const { handle, reach } = collect();
    const consumer = queues.consume('first', handle, { concurrency: 1 });
    consumer.start();
    expect(await reach(4)).toEqual([two, one, ...waiting]);
    await consumer.close();
  });

  test('a delayed delivery starts when its delay is over, and lets others pass', async () => {
    const { handle, reach } = collect();
    const consumer = queues.consume('delay', handle, one);
    consumer.start();
    const from = Date.now();
    const delayed = await add('delay', { delayMs: 700 });
    expect(await queues.counts('delay')).toMatchObject({ delayed: 1, waiting: 0 });
    const prompt = await add('delay');
    expect(await reach(1)).toEqual([prompt]);
    expect(await reach(2)).toEqual([prompt, delayed]);
    expect(Date.now() - from).toBeGreaterThanOrEqual(700);
    expect(Date.now() - from).toBeLessThan(3_000);
    await consumer.close();
  });

  test('a paused job keeps its deliveries until it is resumed', async () => {
    const held = collect();
    const other = collect();
    const consumers = [
      queues.consume('pause', held.handle, one),
      queues.consume('pause-not', other.handle, one),
    ];
    for (const consumer of consumers) consumer.start();
    await queues.pause('pause');
    expect(await queues.isPaused('pause')).toBe(true);
    const delivery = await add('pause');
    await add('pause-not');
    await other.reach(1);
    expect(held.deliveries).toEqual([]);
    expect(await queues.counts('pause')).toMatchObject({ waiting: 1 });
    expect(await queues.known('pause', [delivery])).toEqual(new Set([delivery]));
    await queues.resume('pause');
    expect(await queues.isPaused('pause')).toBe(false);
    expect(await held.reach(1)).toEqual([delivery]);
    await Promise.all(consumers.map((consumer) => consumer.close()));
  });

  test('a consumer that is paused takes nothing, and goes on when it is resumed', async () => {
    const release = Promise.withResolvers<void>();
    const { handle, reach, deliveries } = collect(() => release.promise);
    const consumer = queues.consume('local', handle, { concurrency: 5 });
    consumer.start();
    await add('local');
    await reach(1);
    await consumer.pause();
    const other = collect();
    const second = queues.consume('local', other.handle, one);
    second.start();
    for (let i = 0; i < 5; i++) await add('local');
    await other.reach(4);
    await second.close();
    await consumer.resume();
    release.resolve();
    await until(() => deliveries.length + other.deliveries.length === 6);
    await consumer.close();
    // BullMQ's one fetch under way when the pause came may still have taken one.
    expect(deliveries.length).toBeLessThanOrEqual(2);
  });

  test('a delivery that comes while its job is paused goes back, and comes again', async () => {
    const job = 'put-back';
    let isPaused = true;
    const { handle, reach, deliveries } = collect(() =>
      isPaused ? Promise.reject(new Failure('queue.paused', { job })) : Promise.resolve(),
    );
    const consumer = queues.consume(job, handle, one);
    consumer.start();
    const delivery = await add(job);
    await reach(1);
    await consumer.pause();
    await until(async () => (await queues.counts(job)).waiting === 1);
    expect(await queues.counts(job)).toMatchObject({ active: 0, failed: 0 });
    isPaused = false;
    const seen = deliveries.length;
    await consumer.resume();
    await reach(seen + 1);
    await consumer.close();
    expect(new Set(deliveries.map(({ id }) => id))).toEqual(new Set([delivery]));
    expect(await queues.known(job, [delivery])).toEqual(new Set());
  });

  test('a delivery that comes before its time is delayed anew, and comes again', async () => {
    const job = 'early';
    let ms = 60_000;
    const { handle, reach, deliveries } = collect(({ id }) =>
      ms > 0 ? Promise.reject(new Failure('queue.early', { id, ms })) : Promise.resolve(),
    );
    const consumer = queues.consume(job, handle, one);
    consumer.start();
    const put = await add(job);
    await until(async () => (await queues.delayed(job, [put])).has(put));
    expect(await queues.counts(job)).toMatchObject({ active: 0, failed: 0, delayed: 1 });
    expect(await queues.known(job, [put])).toEqual(new Set([put]));
    ms = 300;
    const soon = await add(job);
    await reach(2);
    ms = 0;
    await reach(3);
    await until(async () => !(await queues.known(job, [soon])).has(soon));
    await consumer.close();
    expect(deliveries.map(({ id }) => id)).toEqual([put, soon, soon]);
    expect(await queues.withdraw(job, put)).toBe(true);
  });

  // In one process with its queues there is one clock.
  test.skipIf(footprint === 'embedded')(
    'where the clock of this process is ahead, a delivery that comes early is not delayed by as much',
    async () => {
      const job = 'ahead';
      let isEarly = true;
      const { handle, reach, deliveries } = collect(({ id }) =>
        isEarly ? Promise.reject(new Failure('queue.early', { id, ms: 300 })) : Promise.resolve(),
      );
      const consumer = queues.consume(job, handle, one);
      const { now } = Date;
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
      consumer.start();
      const delivery = await add(job);
      await reach(1);
      await consumer.pause();
      clock.mockRestore();
      isEarly = false;
      await consumer.resume();
      await reach(2);
      await consumer.close();
      expect(deliveries.map(({ id }) => id)).toEqual([delivery, delivery]);
    },
  );

  test('a mark stays until what was written is lost', async () => {
    const mark = uuid();
    await queues.writeMark(mark);
    expect(await queues.readMark()).toEqual(footprint === 'cluster' ? { mark } : 'none');
  });

  test('a waiting and a delayed delivery can be withdrawn, an active or a finished one cannot', async () => {
    const delayed = await add('withdraw', { delayMs: 60_000 });
    const active = await add('withdraw');
    const release = Promise.withResolvers<void>();
    const { handle, reach, deliveries } = collect(() => release.promise);
    const consumer = queues.consume('withdraw', handle, one);
    consumer.start();
    await reach(1);
    const waiting = await add('withdraw');
    const prioritized = await add('withdraw', { priority: 3 });
    for (const delivery of [delayed, waiting, prioritized])
      expect(await queues.withdraw('withdraw', delivery)).toBe(true);
    expect(await queues.withdraw('withdraw', active)).toBe(false);
    expect(await queues.withdraw('withdraw', waiting)).toBe(false);
    release.resolve();
    await consumer.close();
    expect(await queues.withdraw('withdraw', active)).toBe(false);
    expect(deliveries.map(({ id }) => id)).toEqual([active]);
    expect(await queues.counts('withdraw')).toMatchObject({ waiting: 0, delayed: 0 });
  });

  test('a handler that throws is not called again, and only the latest failures are kept', async () => {
    const { handle, reach } = collect(() => Promise.reject(new Error('as planned')));
    const consumer = queues.consume('fail', handle, { concurrency: 20 });
    await queues.dispatchMany(
      Array.from({ length: 130 }, () => ({ job: 'fail', delivery: uuid(), runs: [uuid()] })),
    );
    consumer.start();
    const ids = await reach(130);
    await consumer.close();
    expect(new Set(ids).size).toBe(130);
    const { failed, ...others } = await queues.counts('fail');
    expect(others).toEqual({ waiting: 0, delayed: 0, active: 0 });
    expect(failed).toBeGreaterThanOrEqual(100);
    // Postgres counts before its neighbours commit, so a few more may stay until the next failure.
    expect(failed).toBeLessThan(130);
    expect(await queues.known('fail', ids)).toEqual(new Set());
  });

  test('known tells what waits, is delayed, prioritized or active from all else', async () => {
    const done = await add('known');
    const active = await add('known');
    const release = Promise.withResolvers<void>();
    const { handle, reach } = collect(({ id }) =>
      id === done ? Promise.resolve() : release.promise,
    );
    const consumer = queues.consume('known', handle, one);
    consumer.start();
    await reach(2);
    const dispatches = Array.from({ length: 500 }, (_, i) => ({
      job: 'known',
      delivery: uuid(),
      runs: [uuid()],
      ...(i % 3 === 1 && { delayMs: 60_000 }),
      ...(i % 3 === 2 && { priority: i }),
    }));
    await queues.dispatchMany(dispatches);
    const present = [active, ...dispatches.map(({ delivery }) => delivery)];
    const absent = [done, ...Array.from({ length: 498 }, () => uuid())];
    expect(await queues.known('known', [...absent, ...present])).toEqual(new Set(present));
    expect(await queues.known('known', [])).toEqual(new Set());
    const delayed = dispatches.filter(({ delayMs }) => delayMs).map(({ delivery }) => delivery);
    expect(await queues.delayed('known', [...absent, ...present])).toEqual(new Set(delayed));
    expect(await queues.carried('known', [...absent, ...present])).toEqual(new Set(present));
    await queues.pause('known');
    expect(await queues.carried('known', [...absent, ...present])).toEqual(new Set(present));
    await queues.resume('known');
    for (const { delivery } of dispatches) await queues.withdraw('known', delivery);
    release.resolve();
    await consumer.close();
  });

  test('a delivery is found as it lies in its queue, ours with its runs and that of anybody else', async () => {
    const dispatch = { job: 'find', delivery: uuid(), runs: [uuid(), uuid()] };
    await queues.dispatch(dispatch);
    expect(await queues.find('find', dispatch.delivery)).toEqual({
      id: dispatch.delivery,
      runs: dispatch.runs,
    });
    const data = { runs: 'none of ours' };
    await queues.inspect(['find'], (own) => own.get('find')!.add('theirs', data, { jobId: 'x' }));
    expect(await queues.find('find', 'x')).toMatchObject({
      id: 'x',
      runs: [],
      foreign: { name: 'theirs', data },
    });
    expect(await queues.find('find', uuid())).toBeUndefined();
  });

  test('the queues of BullMQ can be looked into by the names of their jobs', async () => {
    await add('inspect-a');
    await add('inspect-b', { delayMs: 60_000 });
    const counts = await queues.inspect(['inspect-a', 'inspect-b'], (own) =>
      Promise.all([...own].map(async ([job, queue]) => [job, await queue.getJobCountByTypes()])),
    );
    expect(counts).toEqual([
      ['inspect-a', 1],
      ['inspect-b', 1],
    ]);
    const failing = queues.inspect([], () => Promise.reject(new Error('lost')));
    await expect(failing).rejects.toMatchObject({ code: 'queue.unavailable' });
  });

  test('close waits for what is in hand, and takes nothing more', async () => {
    const release = Promise.withResolvers<void>();
    const { handle, reach, deliveries } = collect(() => release.promise);
    const consumer = queues.consume('close', handle, one);
    consumer.start();
    const inHand = await add('close');
    await reach(1);
    const left = await add('close');
    let isClosed = false;
    const closing = consumer.close().then(() => (isClosed = true));
    expect(await queues.known('close', [inHand, left])).toEqual(new Set([inHand, left]));
    expect(isClosed).toBe(false);
    release.resolve();
    await closing;
    await consumer.close();
    expect(deliveries.map(({ id }) => id)).toEqual([inHand]);
    expect(await queues.counts('close')).toMatchObject({ waiting: 1, active: 0 });
  });

  test('a forced close overrules one that waits, and gives back what is in hand', async () => {
    const aborted: boolean[] = [];
    const { handle, reach } = collect((_, signal) => {
      signal.addEventListener('abort', () => aborted.push(true));
      return new Promise(() => {});
    });
    const stubborn = queues.consume('force', handle, { concurrency: 2 });
    stubborn.start();
    const both = [await add('force'), await add('force')];
    await reach(2);
    const waiting = stubborn.close();
    await stubborn.close({ force: true });
    await waiting;
    expect(aborted).toEqual([true, true]);
    // Long before the lock of 20 seconds runs out.
    const other = collect();
    const next = queues.consume('force', other.handle, one);
    next.start();
    expect((await other.reach(2)).sort()).toEqual(both.sort());
    await next.close();
  });

  test('two prefixes on one server do not see each other', async () => {
    const [ours, theirs] = await Promise.all([place.open(), place.open('new prefix')]);
    const delivery = uuid();
    await ours.dispatch({ job: 'shared', delivery, runs: [uuid()] });
    expect(await theirs.known('shared', [delivery])).toEqual(new Set());
    expect(await theirs.counts('shared')).toMatchObject({ waiting: 0 });
    expect(await ours.known('shared', [delivery])).toEqual(new Set([delivery]));
    await theirs.pause('shared');
    expect(await ours.isPaused('shared')).toBe(false);
    const { handle, reach } = collect();
    ours.consume('shared', handle, one).start();
    expect(await reach(1)).toEqual([delivery]);
  });

  test('closing ends consumers, twice is fine, and later calls fail at once', async () => {
    const ours = await place.open();
    const { handle } = collect();
    ours.consume('end', handle, one).start();
    expect(await ours.ping()).toBeGreaterThan(0);
    await ours.close();
    await ours.close();
    await expect(
      ours.dispatch({ job: 'end', delivery: uuid(), runs: [uuid()] }),
    ).rejects.toMatchObject({
      code: 'queue.unavailable',
      kind: 'unavailable',
    });
  });

  test('a delivery whose workers are killed, one after the other, goes to the next', async () => {
    const delivery = uuid();
    const first = await place.open();
    await first.dispatch({ job: 'killed', delivery, runs: [uuid()] });
    if (footprint === 'embedded') await place.letGo();
    // Twice, since BullMQ by itself gives up after once.
    for (let i = 0; i < 2; i++) {
      await using child = await holdInChild(place.address, 'killed');
      child.kill('SIGKILL');
      expect(await child.ended()).toBe('SIGKILL');
    }
    const survivor = await place.open();
    expect(await survivor.known('killed', [delivery])).toEqual(new Set([delivery]));
    const { handle, reach } = collect();
    const options = { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300 };
    survivor.consume('killed', handle, options).start();
    expect(await reach(1)).toEqual([delivery]);
  });

  // In one process with its queues there is one clock.
  test.skipIf(footprint === 'embedded')(
    'after a consumer whose clock was ahead, what a killed one had still goes to the next',
    async () => {
      const options = { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300 };
      const ours = await place.open();
      const { now } = Date;
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
      const early = collect();
      const ahead = ours.consume('ahead-killed', early.handle, options);
      ahead.start();
      await ours.dispatch({ job: 'ahead-killed', delivery: uuid(), runs: [uuid()] });
      await early.reach(1);
      await ahead.close();
      clock.mockRestore();
      const delivery = uuid();
      await ours.dispatch({ job: 'ahead-killed', delivery, runs: [uuid()] });
      {
        await using child = await holdInChild(place.address, 'ahead-killed');
        child.kill('SIGKILL');
        await child.ended();
      }
      await ours.rightClocks();
      const { handle, reach } = collect();
      const next = ours.consume('ahead-killed', handle, options);
      next.start();
      expect(await reach(1)).toEqual([delivery]);
      await next.close();
    },
  );
});
