import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseContext } from '../../../src/core/context.ts';
import { Snooze } from '../../../src/core/endings.ts';
import { cancelRuns, expireRuns, findHold, findRun, retryRun } from '../../../src/ledger/index.ts';
import { retryRuns } from '../../../src/ledger/retry.ts';
import { cancel, openRelay, type Relay, replay, type Worker } from '../../../src/runtime/index.ts';
import { footprints } from '../../support/footprint.ts';
import { watchRuns } from '../../support/gate.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';

/** Runs of a job with one place go by their word: they hold it until the test lets go. */
const payload = z.object({ who: z.string().default('a'), how: z.string().default('end') });
type Payload = z.output<typeof payload>;
const began: string[] = [];
let hold = Promise.withResolvers<void>();

async function act({ run }: BaseContext, { how }: Payload) {
  began.push(run.id);
  if (how === 'hold') await hold.promise;
  if (how === 'fail' && run.attempt === 1) throw new Error('as wanted');
  if (how === 'snooze' && run.attempt === 1) throw new Snooze('1s');
}

const single = jobOf('single', act, {
  payload,
  concurrency: { total: 1 },
  retry: { attempts: 3, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 },
});
const keyed = jobOf('keyed', act, {
  payload,
  key: ({ who }: Payload) => {
    if (who === 'nobody') throw new Error('there is nobody');
    return who === 'nothing' ? (undefined as unknown as string) : who;
  },
  concurrency: { perKey: 1 },
});

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  let worker: Worker;
  let runs: ReturnType<typeof watchRuns>;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [single, keyed]);
    worker = await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    runs = watchRuns(runtime);
  });
  afterAll(async () => {
    letGo();
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  const enqueue = (job: string, given: object, options = {}) =>
    runtime.enqueuer.enqueue(job, given, options);
  const begin = (id: string) => until(() => began.includes(id));
  const stateOf = async (id: string) => (await findRun(runtime.database, id)).state;
  const letGo = () => {
    hold.resolve();
    hold = Promise.withResolvers();
  };

  test('one that waits is blocked, has no delivery in the queue, and says what it waits for', async () => {
    const first = await enqueue('single', { how: 'hold' });
    await begin(first);
    const second = await enqueue('single', {});
    await runtime.gates.pass('single');
    expect(await stateOf(second)).toBe('blocked');
    expect(await runtime.queues.counts('single')).toMatchObject({ waiting: 0, delayed: 0 });
    expect(await findHold(runtime.database, second)).toMatchObject({ total: 1, released: 1 });
    letGo();
    expect(await runs.allEnd('single')).toEqual(['succeeded', 'succeeded']);
    await until(() => runs.isSettled('single'));
  });

  test.each(['fail', 'snooze'])('one that is to %s gives up its place meanwhile', async (how) => {
    const first = await enqueue('single', { how });
    await until(async () => (await findRun(runtime.database, first)).attempt === 1);
    const second = await enqueue('single', {});
    await runs.allEnd('single');
    expect(began.slice(-3)).toEqual([first, second, first]);
    expect(await findRun(runtime.database, first)).toMatchObject({
      attempt: 2,
      state: 'succeeded',
    });
  });

  test('one that is cancelled and retried before the gate looked gives up its place, and goes again', async () => {
    const first = await enqueue('single', { how: 'hold' });
    await begin(first);
    await runtime.database.transaction(async (tx) => {
      await cancelRuns(tx, [first], 'x');
      await retryRuns(tx, [{ id: first }]);
    });
    await until(() => began.filter((id) => id === first).length === 2);
    letGo();
    await runs.allEnd('single');
    expect(await stateOf(first)).toBe('succeeded');
  });

  test('a cancel lets the next go, and takes away one that waits', async () => {
    const [first, second, third] = [
      await enqueue('single', { how: 'hold' }),
      await enqueue('single', {}),
      await enqueue('single', {}),
    ];
    await begin(first);
    await cancel({ sql: runtime.database, queues: runtime.queues }, { id: second, reason: 'x' });
    await cancel({ sql: runtime.database, queues: runtime.queues }, { id: first, reason: 'x' });
    await begin(third);
    letGo();
    await runs.allEnd('single');
    expect(began).not.toContain(second);
    expect(await Promise.all([first, second, third].map(stateOf))).toEqual([
      'cancelled',
      'cancelled',
      'succeeded',
    ]);
    await until(() => runs.isSettled('single'));
  });

  test('one that is retried by hand, or replayed, waits like any other', async () => {
    const ended = await enqueue('single', {});
    await runs.allEnd('single');
    await runtime.database.query(`update nightshift.runs set state = 'failed' where id = $1`, [
      ended,
    ]);
    const first = await enqueue('single', { how: 'hold' });
    await begin(first);
    expect(await retryRun(runtime.database, ended)).toMatchObject({ state: 'blocked' });
    const again = await replay(runtime, { id: await findSucceeded(), payload: {} });
    await runtime.gates.pass('single');
    expect([await stateOf(ended), await stateOf(again)]).toEqual(['blocked', 'blocked']);
    letGo();
    await runs.allEnd('single');
    expect([await stateOf(ended), await stateOf(again)]).toEqual(['succeeded', 'succeeded']);
  });

  const findSucceeded = async () =>
    (
      await runtime.database.query<{ id: string }>(
        `select id from nightshift.runs where job = 'single' and state = 'succeeded' limit 1`,
      )
    )[0]!.id;

  test('one that expires while it waits leaves', async () => {
    const first = await enqueue('single', { how: 'hold' });
    await begin(first);
    const late = await enqueue('single', {}, { expiresMs: 1 });
    await until(async () => {
      await expireRuns(runtime.database, { name: 'x', message: 'x' }, 10);
      return (await stateOf(late)) === 'expired';
    });
    letGo();
    await runs.allEnd('single');
    await until(() => runs.isSettled('single'));
  });

  test('one that is put off waits for its time, and holds no place', async () => {
    const later = await enqueue('single', {}, { delayMs: 1500 });
    const now = await enqueue('single', {});
    await begin(now);
    expect(await stateOf(later)).toBe('blocked');
    await begin(later);
    const { runAt, startedAt } = await findRun(runtime.database, later);
    expect(startedAt!.getTime()).toBeGreaterThanOrEqual(runAt.getTime());
    await runs.allEnd('single');
  });

  test('in the transaction of the caller it commits and rolls back with it', async () => {
    const { database } = runtime;
    let kept = '';
    await database.transaction(async (tx) => {
      kept = await enqueue('keyed', { who: 'tx' }, { tx });
    });
    let dropped = '';
    await expect(
      database.transaction(async (tx) => {
        dropped = await enqueue('keyed', { who: 'tx' }, { tx });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await begin(kept);
    await runs.allEnd('keyed');
    await expect(findRun(database, dropped)).rejects.toMatchObject({ code: 'run.missing' });
    expect(await findRun(database, kept)).toMatchObject({ key: 'tx', state: 'succeeded' });
  });

  test('one that SQL accepted gets its key from the job, or keeps the one that is given', async () => {
    const bySql = async (options: string) =>
      (
        await runtime.database.query<{ id: string }>(
          `select nightshift.enqueue('keyed', '{"who":"sql"}', $1::jsonb) as id`,
          [options],
        )
      )[0]!.id;
    const ids = [await bySql('{}'), await bySql('{"key":"mine"}')];
    for (const id of ids) await begin(id);
    await runs.allEnd('keyed');
    expect(await findRun(runtime.database, ids[0]!)).toMatchObject({ key: 'sql', version: 1 });
    expect(await findRun(runtime.database, ids[1]!)).toMatchObject({ key: 'mine' });
    await expect(bySql('{"key":""}')).rejects.toThrow(/the option key is ""/);
  });

  test('a key that is given wins; a bad one, or a function that fails, refuses the enqueue', async () => {
    const id = await enqueue('keyed', { who: 'a' }, { key: 'given' });
    expect((await findRun(runtime.database, id)).key).toBe('given');
    const before = (await runs.states('keyed')).length;
    await expect(enqueue('keyed', { who: 'nobody' })).rejects.toMatchObject({
      code: 'run.key_failed',
      message: expect.stringMatching(/of keyed .* threw "there is nobody"/) as string,
    });
    await expect(enqueue('keyed', { who: 'nothing' })).rejects.toThrow(/is no text but undefined/);
    await expect(enqueue('keyed', {}, { key: '' })).rejects.toMatchObject({ code: 'run.key' });
    await expect(enqueue('keyed', {}, { key: 'x'.repeat(256) })).rejects.toThrow(/256 characters/);
    await expect(
      runtime.enqueuer.enqueueMany('keyed', [{ who: 'a' }, { who: 'nobody' }]),
    ).rejects.toMatchObject({ code: 'run.key_failed' });
    expect(await runs.states('keyed')).toHaveLength(before);
    await runs.allEnd('keyed');
  });

  test('nothing went wrong on the way', () => {
    expect([runtime.errors, worker.active]).toEqual([[], 0]);
  });
});
