import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isFinal, type Run, type RunState } from '../../src/core/run.ts';
import {
  cancelRun,
  findRun,
  findTree,
  listPastAttempts,
  listRuns,
  listSteps,
  listWaits,
  plantSettings,
  retryRun,
} from '../../src/ledger/index.ts';
import { expiryDuty, openRelay, openWaker, sendEvent, wakesDuty } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { openTestRuntime, payloadLimit, type TestRuntime } from '../support/runtime.ts';
import { until as untilWithin } from '../support/until.ts';
import { waitingJobs } from '../support/waiting-jobs.ts';

const child = new URL('../support/waiting-child.ts', import.meta.url);
/** A machine that is busy takes long over hundreds of runs on PGlite. */
vi.setConfig({ testTimeout: 120_000 });
const until = <T>(condition: () => T | Promise<T>) => untilWithin(condition, { timeoutMs: 60_000 });

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, waitingJobs, { child });
    await plantSettings(runtime.database, { payloadLimit, eventKeepMs: 3_600_000 });
    await runtime.work({ concurrency: 4 });
    const services = { ...runtime, onError: (error: unknown) => void runtime.errors.push(error) };
    for (const open of [openRelay, openWaker, openWaker]) {
      const opened = await open(services);
      closers.push(() => opened.close());
    }
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await runtime[Symbol.asyncDispose]();
  });

  let keys = 0;
  const newKey = () => `${footprint}-${++keys}`;
  const enqueue = (deed: string, { job = 'parent', key = '', n = 0 } = {}) =>
    runtime.enqueuer.enqueue(job, { deed, key, n });
  const find = (id: string) => findRun(runtime.database, id);
  const inState = (id: string, state: RunState) =>
    until(async () => {
      const run = await find(id);
      return run.state === state ? run : undefined;
    });
  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await find(id);
      return isFinal(run.state) ? run : undefined;
    });
  const run = async (deed: string, more = {}) => finished(await enqueue(deed, more));
  const childrenOf = (parent: string) => listRuns(runtime.database, { parent, limit: 1000 });
  const endingsOf = async (id: string) =>
    (await listPastAttempts(runtime.database, id)).map(({ ending }) => ending);
  const send = (name: string, payload?: unknown, key?: string) =>
    sendEvent(runtime, { name, payload, ...(key !== undefined && { key }) });

  describe.each(['parent', 'isolated'])('of a job like "%s"', (job) => {
    test('a child is enqueued once, however often its parent is attempted', async () => {
      const done = await run('enqueue', { job });
      expect(done).toMatchObject({ state: 'succeeded', attempt: 3, failures: 2 });
      const children = await childrenOf(done.id);
      expect(children.map(({ id }) => id).sort()).toEqual([...(done.result as string[])].sort());
      expect(children).toHaveLength(2);
      expect(new Set(children.map(({ priority }) => priority))).toEqual(new Set([0, 3]));
      const steps = await listSteps(runtime.database, done.id);
      expect(steps.map(({ name }) => name)).toEqual(['enqueue doubling 1', 'enqueue second']);
      for (const { id } of children) expect(await finished(id)).toMatchObject({ parent: done.id });
    });

    test('all children have ended, with their results in order, before their parent goes on', async () => {
      const done = await run('all', { job });
      expect(done).toMatchObject({ state: 'succeeded', result: [2, 4], attempt: 2, failures: 0 });
      expect(await endingsOf(done.id)).toEqual(['waiting']);
    });

    test('a sleep is over after its time, and no failure', async () => {
      const done = await run('sleep', { job });
      expect(done).toMatchObject({ state: 'succeeded', failures: 0, result: { attempt: 2 } });
      const { slept } = done.result as { slept: number };
      expect(slept).toBeGreaterThanOrEqual(400);
      expect(await endingsOf(done.id)).toEqual(['waiting']);
      expect(await listWaits(runtime.database, done.id)).toEqual([]);
    });

    test('an event wakes those that wait for it, by its key', async () => {
      const key = newKey();
      const [id, other] = [
        await enqueue('event', { job, key }),
        await enqueue('event', { job, key: newKey() }),
      ];
      await inState(id, 'blocked');
      await inState(other, 'blocked');
      expect(await send('paid', { amount: 7 }, key)).toEqual({ woken: 1 });
      expect(await finished(id)).toMatchObject({ result: { payload: { amount: 7 } } });
      expect(await find(other)).toMatchObject({ state: 'blocked' });
      await cancelRun(runtime.database, other, 'the test is over');
    });

    test('no catch and no finally of a handler sees that it is suspended', async () => {
      const done = await run('catch all', { job });
      expect(done).toMatchObject({ state: 'succeeded', result: { caught: 0, finished: 1 } });
    });

    test('waiting inside a step is refused', async () => {
      const { result } = await run('nested', { job });
      expect(result).toEqual(Array(4).fill('step.nested'));
    });

    test('a child that joins a transaction is there when that commits, and else not', async () => {
      if (job === 'isolated' && footprint === 'embedded') return;
      const done = await run('enqueue in a transaction', { job });
      const [only, ...more] = await childrenOf(done.id);
      expect(more).toEqual([]);
      expect(done.result).toEqual({ torn: 'torn', id: only!.id });
      expect(await finished(only!.id)).toMatchObject({ result: { twice: 8 } });
    });
  });

  test('`all` fails as soon as a child failed for good, and leaves the others alone', async () => {
    const key = newKey();
    const done = await run('all but one', { key });
    expect(done).toMatchObject({ state: 'failed', failures: 1, error: { code: 'child.failed' } });
    expect(done.error!.message).toContain('-1 is negative');
    const states = (await childrenOf(done.id)).map(({ state }) => state);
    expect(states).not.toContain('cancelled');
    await send('go', null, key);
  });

  test('`all` with cancelRest cancels them', async () => {
    const done = await run('all, cancelling', { key: newKey() });
    expect(done).toMatchObject({ state: 'failed', error: { code: 'child.failed' } });
    const children = await childrenOf(done.id);
    expect(children.map(({ job, state }) => `${job} ${state}`).sort()).toEqual([
      'doubling failed',
      'patient cancelled',
    ]);
  });

  test('a child that is retried and succeeds lets its parent, retried, go on', async () => {
    const key = newKey();
    const done = await run('all but one', { key });
    const failed = (await childrenOf(done.id)).find(({ state }) => state === 'failed')!;
    await runtime.database.query(
      `update nightshift.runs set payload = '{"n": 3, "ms": 0}' where id = $1`,
      [failed.id],
    );
    await retryRun(runtime.database, failed.id);
    expect(await finished(failed.id)).toMatchObject({ state: 'succeeded' });
    await retryRun(runtime.database, done.id);
    await inState(done.id, 'blocked');
    await send('go', 'there', key);
    expect(await finished(done.id)).toMatchObject({
      state: 'succeeded',
      result: [{ twice: 6 }, { got: 'there' }],
    });
    expect(await childrenOf(done.id)).toHaveLength(2);
  });

  test('`any` goes on with the first that succeeded', async () => {
    const done = await run('any', { key: newKey() });
    expect(done).toMatchObject({ state: 'succeeded', result: { twice: 8 } });
    const waiting = (await childrenOf(done.id)).find(({ job }) => job === 'patient')!;
    expect(waiting.state).toBe('cancelled');
    expect(await run('any of bad ones')).toMatchObject({
      state: 'failed',
      error: { code: 'child.none_succeeded' },
    });
  });

  test('`settled` answers each outcome', async () => {
    const done = await run('settled');
    expect(done.result).toEqual([
      {
        run: expect.any(String),
        state: 'failed',
        error: { name: 'Error', message: '-1 is negative' },
      },
      { run: expect.any(String), state: 'succeeded', result: { twice: 10 } },
    ]);
  });

  test('of no children, `all` is nothing to wait for, and `any` nothing to win', async () => {
    expect((await run('none')).result).toEqual([[], 'child.none_succeeded']);
  });

  test('`all` gives up after its timeout', async () => {
    const done = await run('all, too late', { key: newKey() });
    expect(done).toMatchObject({ state: 'failed', error: { code: 'wait.timeout' } });
    const [only] = await childrenOf(done.id);
    expect(only).toMatchObject({ state: 'cancelled' });
  });

  test('many children are one fan-out, and their parent goes on once', async () => {
    const n = footprint === 'embedded' ? 100 : 300;
    const done = await run('many', { n });
    expect(done).toMatchObject({ state: 'succeeded', result: n * (n - 1), attempt: 2 });
  });

  test('parents go on exactly once, whenever their last two children end', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => enqueue('all')));
    for (const id of ids) {
      expect(await finished(id)).toMatchObject({ state: 'succeeded', attempt: 2 });
      expect(await endingsOf(id)).toEqual(['waiting']);
    }
  });

  test('what runs beside a sleep is finished before the run is suspended', async () => {
    const done = await run('together');
    expect(done).toMatchObject({ state: 'succeeded', result: { one: 'one', ran: 0 } });
  });

  test('a step that wins a race against a sleep lets its run go on', async () => {
    expect(await run('race')).toMatchObject({ state: 'succeeded', result: 'stepped', attempt: 1 });
  });

  test('of two waits the first that is over wakes its run', async () => {
    expect(await run('first of two waits', { key: newKey(), n: 200 })).toMatchObject({
      result: 'slept',
    });
    const key = newKey();
    const id = await enqueue('first of two waits', { key, n: 3_600_000 });
    await until(async () => (await listWaits(runtime.database, id)).length === 2);
    await send('go', 'come', key);
    expect(await finished(id)).toMatchObject({ result: 'come' });
  });

  test('waitFor answers undefined when its time is over', async () => {
    const done = await run('event, too late', { key: newKey() });
    expect(done).toMatchObject({ state: 'succeeded', result: { isUndefined: true }, failures: 0 });
  });

  test('an event that does not fit is ignored, and the run waits on', async () => {
    const key = newKey();
    const id = await enqueue('event', { key });
    await inState(id, 'blocked');
    await send('paid', { amount: 'much' }, key);
    await until(async () => (await endingsOf(id)).length >= 2);
    await inState(id, 'blocked');
    await send('paid', { amount: 1 }, key);
    expect(await finished(id)).toMatchObject({ result: { payload: { amount: 1 } } });
  });

  test('an event that nobody waits for is kept for the first that comes', async () => {
    const key = newKey();
    expect(await send('paid', { amount: 1 }, key)).toEqual({ woken: 0 });
    expect(await send('paid', { amount: 2 }, key)).toEqual({ woken: 0 });
    expect(await run('two events', { key })).toMatchObject({
      result: [{ amount: 1 }, { amount: 2 }],
    });
    const id = await enqueue('event', { key });
    expect(await inState(id, 'blocked')).toBeTruthy();
    await cancelRun(runtime.database, id, 'the test is over');
  });

  test('a run that asks for no key takes an event of any, and one event wakes all', async () => {
    const name = newKey();
    const ids = [
      await enqueue('event of any key', { key: name }),
      await enqueue('event of any key', { key: name }),
    ];
    for (const id of ids) await inState(id, 'blocked');
    expect(await send(name, 'hello', 'of whatever key')).toEqual({ woken: 2 });
    for (const id of ids) expect(await finished(id)).toMatchObject({ result: 'hello' });
  });

  test('an event in a transaction wakes when that commits, also who came meanwhile', async () => {
    const [key, late] = [newKey(), newKey()];
    const id = await enqueue('event', { key });
    await inState(id, 'blocked');
    const { database } = runtime;
    await database
      .transaction(async (tx) => {
        await sendEvent(runtime, { name: 'paid', payload: { amount: 9 }, key }, { tx });
        throw new Error('no');
      })
      .catch(() => {});
    expect((await listWaits(database, id))[0]).toMatchObject({ answer: null });
    let latecomer: string | undefined;
    await database.transaction(async (tx) => {
      await sendEvent(runtime, { name: 'paid', payload: { amount: 9 }, key }, { tx });
      await sendEvent(runtime, { name: 'paid', payload: { amount: 8 }, key: late }, { tx });
      if (footprint === 'embedded') return; // one transaction at a time
      latecomer = await enqueue('event', { key: late });
      await inState(latecomer, 'blocked');
    });
    expect(await finished(id)).toMatchObject({ result: { payload: { amount: 9 } } });
    if (latecomer)
      expect(await finished(latecomer)).toMatchObject({ result: { payload: { amount: 8 } } });
  });

  test('bad events are refused, and nothing of them is kept', async () => {
    await expect(send('')).rejects.toMatchObject({ code: 'event.invalid' });
    await expect(send('no good name')).rejects.toMatchObject({ code: 'event.invalid' });
    await expect(send('x', null, 'k'.repeat(501))).rejects.toMatchObject({ code: 'event.invalid' });
    await expect(send('x', 'y'.repeat(payloadLimit))).rejects.toMatchObject({
      code: 'payload.too_large',
    });
    await expect(
      runtime.database.query(`select nightshift.send_event('no good name')`),
    ).rejects.toThrow(/is not the name of an event/);
    const kept = await runtime.database.query(`select from nightshift.events where name = 'x'`);
    expect(kept).toEqual([]);
  });

  test('cancelling a run cancels those below it, to the last, but not the detached', async () => {
    const id = await enqueue('family', { key: newKey() });
    const [middle] = await until(async () => {
      const children = await childrenOf(id);
      return children.length === 1 && children[0]!.state === 'blocked' ? children : undefined;
    });
    await until(async () => (await childrenOf(middle!.id)).every((one) => one.state === 'blocked'));
    const grandchildren = await childrenOf(middle!.id);
    expect(grandchildren).toHaveLength(2);
    await cancelRun(runtime.database, id, 'not needed');
    expect(await finished(middle!.id)).toMatchObject({
      state: 'cancelled',
      error: { message: `its parent, run ${id}, was cancelled` },
    });
    await until(async () => {
      const states = (await childrenOf(middle!.id)).map(({ state }) => state);
      return states.includes('cancelled') && states.includes('blocked');
    });
    for (const one of await childrenOf(middle!.id))
      if (!isFinal(one.state)) await cancelRun(runtime.database, one.id, 'the test is over');
  });

  test.each(['cancelled', 'expired'])('a parent hears of a child that was %s', async (state) => {
    const id = await enqueue(`one to be ${state}`, { key: newKey() });
    await inState(id, 'blocked');
    const [only] = await childrenOf(id);
    if (state === 'cancelled') await cancelRun(runtime.database, only!.id, 'by hand');
    else {
      const { database } = runtime;
      await database.query(`update nightshift.runs set expires_at = now() where id = $1`, [
        only!.id,
      ]);
      await expiryDuty(database).run();
    }
    expect(await finished(id)).toMatchObject({ result: [{ run: only!.id, state }] });
  });

  test('a chain of runs that would go on for ever is refused', async () => {
    const below = async (id: string) => {
      const { children } = await findTree(runtime.database, id);
      return children;
    };
    const same = await runtime.enqueuer.enqueue('nesting', { level: 3, by: 0 });
    expect(await finished(same)).toMatchObject({ state: 'failed', error: { code: 'child.cycle' } });
    expect(await below(same)).toEqual([]);
    const deep = await runtime.enqueuer.enqueue('nesting', { level: 1000, by: 1 });
    expect(await finished(deep)).toMatchObject({
      state: 'failed',
      error: { code: 'child.failed' },
    });
    const runs = await listRuns(runtime.database, {
      job: 'nesting',
      states: ['failed'],
      limit: 40,
    });
    expect(runs.filter(({ error }) => error?.code === 'child.deep')).toHaveLength(1);
    const [tree] = await below(deep);
    expect(tree).toMatchObject({ counts: { failed: 1 }, children: [{ children: [{}] }] });
  });

  test('a child that cannot be is told at once', async () => {
    for (const [deed, code] of [
      ['bad payload', 'payload.invalid'],
      ['stranger', 'job.unknown'],
      ['sleep too long', 'run.far'],
    ] as const)
      expect(await run(deed)).toMatchObject({ state: 'failed', attempt: 1, error: { code } });
  });

  test('what sleeps and waits holds no slot of a worker', async () => {
    const key = newKey();
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        enqueue(i % 2 === 0 ? 'sleep for long' : 'event', { key }),
      ),
    );
    await Promise.all(
      ids.map((id) =>
        until(
          async () =>
            ['queued', 'blocked'].includes((await find(id)).state) &&
            (await find(id)).attempt === 1,
        ),
      ),
    );
    expect(await run('all')).toMatchObject({ state: 'succeeded' });
    for (const id of ids) await cancelRun(runtime.database, id, 'the test is over');
  });

  test('nothing went wrong beside the runs', () => {
    expect(runtime.errors).toEqual([]);
  });

  test('waits of runs that are done are forgotten', async () => {
    const id = (await run('first of two waits', { key: newKey(), n: 200 })).id;
    expect(await listWaits(runtime.database, id)).toHaveLength(1);
    await wakesDuty(runtime).run();
    expect(await listWaits(runtime.database, id)).toEqual([]);
  });
});
