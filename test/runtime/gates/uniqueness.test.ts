import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BaseContext } from '../../../src/core/context.ts';
import { isFinal, type Run } from '../../../src/core/run.ts';
import { findRun, newId, plantSettings } from '../../../src/ledger/index.ts';
import { openRelay, type Relay } from '../../../src/runtime/index.ts';
import { footprints } from '../../support/footprint.ts';
import { jobOf, openTestRuntime, payloadLimit, type TestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';

interface Task {
  readonly of: string;
  readonly n: number;
}

/** How many go on at a time, by key. */
const busy = new Map<string, number>();
const most = new Map<string, number>();

async function work(_: BaseContext, { of, n }: Task): Promise<{ n: number }> {
  const now = (busy.get(of) ?? 0) + 1;
  busy.set(of, now);
  most.set(of, Math.max(now, most.get(of) ?? 0));
  await new Promise((resolve) => setTimeout(resolve, 30));
  busy.set(of, busy.get(of)! - 1);
  return { n };
}

const limited = jobOf('limited', work, {
  key: ({ of }: Task) => of,
  concurrency: { perKey: 1 },
});
const narrow = jobOf('narrow', work, {
  concurrency: { total: 1 },
  maxQueued: { runs: 2, whenFull: 'reject' },
});

describe.each(footprints)('jobs with limits on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [limited, narrow]);
    await plantSettings(runtime.database, { payloadLimit });
    await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  });
  afterAll(async () => {
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  const find = (id: string) => findRun(runtime.database, id);
  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await find(id);
      return isFinal(run.state) ? run : undefined;
    });
  const task = (n: number, of = 'ada'): Task => ({ n, of });

  async function bySql(payload: unknown, options: unknown) {
    const [row] = await runtime.database.query<{ id: string; existing: boolean }>(
      `select * from nightshift.offer('limited', $1::jsonb, $2::jsonb)`,
      [JSON.stringify(payload), JSON.stringify(options)],
    );
    return row!;
  }

  test('a run that waits at its gate keeps its unique key', async () => {
    const unique = { key: newId() };
    const first = await runtime.enqueuer.offer('limited', task(1), { unique, delayMs: 400 });
    expect(await find(first.id)).toMatchObject({ state: 'blocked', key: 'ada' });
    const second = await runtime.enqueuer.offer('limited', task(2), { unique });
    expect(second).toEqual({ id: first.id, existing: true });
    expect(await finished(first.id)).toMatchObject({ attempt: 1, result: { n: 1 } });
    const third = await runtime.enqueuer.offer('limited', task(3), { unique });
    expect(third).toMatchObject({ existing: false });
    expect(await finished(third.id)).toMatchObject({ result: { n: 3 } });
  });

  test.each(['alone', 'in a transaction', 'by SQL'])(
    'a debounced run, put off %s, goes late, with the newest payload and its key',
    async (way) => {
      const debounce = { key: newId(), for: '500ms' } as const;
      const offer = (payload: Task) =>
        way === 'by SQL'
          ? bySql(payload, { debounce })
          : way === 'alone'
            ? runtime.enqueuer.offer('limited', payload, { debounce })
            : runtime.database.transaction((tx) =>
                runtime.enqueuer.offer('limited', payload, { debounce, tx }),
              );
      const first = await offer(task(1));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await offer(task(2, 'bob'))).toEqual({ id: first.id, existing: true });
      const run = await finished(first.id);
      expect(run).toMatchObject({ state: 'succeeded', attempt: 1, key: 'bob', result: { n: 2 } });
      expect(run.startedAt!.getTime() - run.createdAt.getTime()).toBeGreaterThanOrEqual(690);
    },
  );

  test('a run goes from hand to hand, by SQL and by TypeScript, and runs once', async () => {
    const debounce = { key: newId(), for: '300ms' } as const;
    const first = await runtime.enqueuer.offer('limited', task(1), { debounce });
    for (const n of [2, 3, 4, 5]) {
      const offered =
        n % 2 === 0
          ? await bySql(task(n), { debounce })
          : await runtime.enqueuer.offer('limited', task(n), { debounce });
      expect(offered).toEqual({ id: first.id, existing: true });
    }
    expect(await finished(first.id)).toMatchObject({ attempt: 1, result: { n: 5 } });
  });

  test('limits hold while keys are debounced and throttled', async () => {
    const throttle = { key: newId(), per: '150ms' } as const;
    const ids = new Set<string>();
    for (let n = 0; n < 30; n++) {
      const key = `${throttle.key} ${n % 3}`;
      const { id } = await runtime.enqueuer.offer('limited', task(n, 'eve'), {
        throttle: { ...throttle, key },
      });
      ids.add(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const runs = await Promise.all([...ids].map(finished));
    expect(runs.every(({ state, attempt }) => state === 'succeeded' && attempt === 1)).toBe(true);
    expect(most.get('eve')).toBe(1);
  });

  test('a full queue refuses a new key, and still answers for one that it has', async () => {
    const options = (key: string) => ({ unique: { key }, delayMs: 3_600_000 });
    const first = await runtime.enqueuer.offer('narrow', task(1), options('a'));
    await runtime.enqueuer.enqueue('narrow', task(2), options('b'));
    const refused = { code: 'queue.full' };
    await expect(runtime.enqueuer.enqueue('narrow', task(3), options('c'))).rejects.toMatchObject(
      refused,
    );
    const twice = [task(4), task(5)];
    await expect(
      runtime.enqueuer.enqueueMany('narrow', twice, { unique: {} }),
    ).rejects.toMatchObject(refused);
    expect(await runtime.enqueuer.offer('narrow', task(6), options('a'))).toEqual({
      id: first.id,
      existing: true,
    });
    const kept = await runtime.database.query(
      `select from nightshift.unique_keys k where job = 'narrow'`,
    );
    expect(kept).toHaveLength(2);
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});
