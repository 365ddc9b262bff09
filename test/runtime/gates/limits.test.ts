import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseContext } from '../../../src/core/context.ts';
import { footprints } from '../../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';

interface Payload {
  readonly who: string;
  readonly n?: number;
  readonly ms?: number;
}

/** Who is at work now, and at most at once. */
function openCensus() {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const order: string[] = [];
  return {
    most: (who: string) => most.get(who) ?? 0,
    order,
    async attend({ who, n = 0, ms = 20 }: Payload) {
      order.push(`${who}${n}`);
      for (const name of [who, 'all']) {
        now.set(name, (now.get(name) ?? 0) + 1);
        most.set(name, Math.max(most.get(name) ?? 0, now.get(name)!));
      }
      await sleep(ms);
      for (const name of [who, 'all']) now.set(name, now.get(name)! - 1);
    },
  };
}

const payload = z.object({ who: z.string(), n: z.int().optional(), ms: z.number().optional() });
const census = { total: openCensus(), keyed: openCensus() };
const key = ({ who }: Payload) => who;
const total = jobOf('total', (_: BaseContext, given: Payload) => census.total.attend(given), {
  payload,
  concurrency: { total: 3 },
});
const keyed = jobOf('keyed', (_: BaseContext, given: Payload) => census.keyed.attend(given), {
  payload,
  key,
  concurrency: { perKey: 1 },
});

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [total, keyed]);
    await runtime.work({ concurrency: 20 });
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const unfinished = async () =>
    (await runtime.database.query(`select from nightshift.runs where finished_at is null`)).length;
  const allEnd = () => until(async () => (await unfinished()) === 0, { timeoutMs: 60_000 });

  test('no more runs of a job are under way than its total, and as many', async () => {
    await runtime.enqueuer.enqueueMany(
      'total',
      Array.from({ length: 40 }, () => ({ who: 'a' })),
    );
    await allEnd();
    expect(census.total.most('all')).toBe(3);
    await until(
      async () => (await runtime.database.query('select from nightshift.lanes')).length === 0,
    );
    expect(runtime.errors).toEqual([]);
  });

  test('of a key one run is under way at a time, in order, and keys do not wait for one another', async () => {
    const payloads = Array.from({ length: 30 }, (_, n) => ({ who: 'abc'[n % 3]!, n }));
    await runtime.enqueuer.enqueueMany('keyed', payloads);
    await allEnd();
    for (const who of 'abc') {
      expect(census.keyed.most(who)).toBe(1);
      const numbers = census.keyed.order.filter((one) => one.startsWith(who));
      expect(numbers).toEqual(
        payloads.filter((one) => one.who === who).map(({ n }) => `${who}${n}`),
      );
    }
    expect(census.keyed.most('all')).toBe(3);
    census.keyed.order.length = 0;
  });
});
