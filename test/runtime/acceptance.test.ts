import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  findRun,
  insertRuns,
  listPastAttempts,
  newId,
  registerWorker,
} from '../../src/ledger/index.ts';
import { newRun, unknownJobsDuty } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import {
  detectionMs,
  jobOf,
  openTestRuntime,
  payloadLimit,
  type TestRuntime,
} from '../support/runtime.ts';
import { until } from '../support/until.ts';

const counting = jobOf('counting', (_, { n }: { n: number }) => Promise.resolve(n + 1), {
  payload: z.object({ n: z.int(), text: z.string().optional() }),
});
const nothing = jobOf('nothing', () => Promise.resolve());
const removed = jobOf('removed-lately', () => Promise.resolve());
const unknownJobMs = 60_000;

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [counting, nothing]);
    await runtime.work();
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    });
  const countRuns = async () =>
    (await runtime.database.query('select from nightshift.runs')).length;

  test('many payloads are accepted in one commit and all run', async () => {
    const ids = await runtime.enqueuer.enqueueMany(
      'counting',
      Array.from({ length: 300 }, (_, n) => ({ n })),
    );
    const ends = await until(
      async () => {
        const rows = await runtime.database.query<Run>(
          `select result from nightshift.runs where id = any($1::uuid[]) and finished_at is not null order by id`,
          [ids],
        );
        return rows.length === ids.length ? rows : undefined;
      },
      { timeoutMs: 50_000, everyMs: 100 },
    );
    expect(ends.map(({ result }) => result)).toEqual(ids.map((_, n) => n + 1));
    expect(await runtime.enqueuer.enqueueMany('counting', [])).toEqual([]);
  }, 60_000);

  test('of many payloads with a wrong one none is accepted, and each wrong one is named', async () => {
    const before = await countRuns();
    const payloads = [{ n: 1 }, { n: 'two' }, { n: 3 }, { n: 4.5 }];
    await expect(runtime.enqueuer.enqueueMany('counting', payloads)).rejects.toThrow(
      /payload 1: n: .*; payload 3: n: /,
    );
    await expect(
      runtime.enqueuer.enqueueMany('counting', Array<unknown>(10_001)),
    ).rejects.toMatchObject({ code: 'enqueue.too_many' });
    expect(await countRuns()).toBe(before);
  });

  test('payloads that are too much for one statement are refused, with how many would fit', async () => {
    const before = await countRuns();
    const text = 'x'.repeat(60 * 1024);
    const payloads = Array.from({ length: 2000 }, (_, n) => ({ n, text }));
    await expect(runtime.enqueuer.enqueueMany('counting', payloads)).rejects.toMatchObject({
      code: 'enqueue.too_large',
      details: { count: 2000, fitting: 1092, most: '64mb' },
    });
    expect(await countRuns()).toBe(before);
  });

  test('a payload above the limit is refused with its size, the limit and what to do', async () => {
    const before = await countRuns();
    const text = 'x'.repeat(20 * 1024 * 1024);
    await expect(runtime.enqueuer.enqueue('counting', { n: 1, text })).rejects.toThrow(
      /of counting has 20mb of JSON, and 64kb are allowed .* pass a reference/,
    );
    expect(await countRuns()).toBe(before);
    const fits = 'x'.repeat(payloadLimit - JSON.stringify({ n: 1, text: '' }).length);
    await expect(
      runtime.enqueuer.enqueue('counting', { n: 1, text: `${fits}x` }),
    ).rejects.toMatchObject({ code: 'payload.too_large' });
    expect(
      await finished(await runtime.enqueuer.enqueue('counting', { n: 1, text: fits })),
    ).toMatchObject({ state: 'succeeded' });
  });

  test('a payload that no JSON can say is refused, and nothing is a payload', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const payload of [circle, 1n, () => 1])
      await expect(runtime.enqueuer.enqueue('nothing', payload)).rejects.toMatchObject({
        code: 'payload.invalid',
      });
    const ids = await Promise.all(
      [null, undefined].map((payload) => runtime.enqueuer.enqueue('nothing', payload)),
    );
    for (const id of ids)
      expect(await finished(id)).toMatchObject({ state: 'succeeded', payload: null });
  });

  test('runs of a job that nobody has known for the grace end as failed, and leave the queue', async () => {
    const runs = Array.from({ length: 4 }, () => newRun(removed, {}, { priority: 0 }));
    const [gone, fresh, delayed, held] = runs as [NewRun, NewRun, NewRun, NewRun];
    await insertRuns(runtime.database, runs);
    for (const { id, delivery, job } of runs)
      await runtime.queues.dispatch({ job, delivery, runs: [id] });
    await runtime.database.query(
      `update nightshift.runs set queued_at = now() - interval '1 hour',
         run_at = now() + case when id = $2 then interval '1 day' else interval '-1 hour' end
       where id = any($1::uuid[])`,
      [[gone.id, delayed.id, held.id], delayed.id],
    );
    await runtime.ledger.claim({ run: held.id, delivery: held.delivery, worker: held.id });
    const duty = () => unknownJobsDuty({ ...runtime, detectionMs, unknownJobMs }).run();
    const worker = newId();
    await registerWorker(runtime.database, {
      id: worker,
      host: 'x',
      pid: 1,
      jobs: ['removed-lately'],
    });
    expect(await duty()).toEqual({ failed: 0 });
    await runtime.database.query(
      `update nightshift.workers set heartbeat_at = now() - interval '2 minutes' where id = $1`,
      [worker],
    );
    expect(await duty()).toEqual({ failed: 1 });
    expect(await findRun(runtime.database, gone.id)).toMatchObject({
      state: 'failed',
      error: { code: 'job.unknown' },
    });
    expect(
      await runtime.queues.known(
        'removed-lately',
        runs.map(({ delivery }) => delivery),
      ),
    ).toEqual(new Set([fresh.delivery, delayed.delivery, held.delivery]));
  });

  test('a worker that lacks the job of a run gives it back for later, without a failure', async () => {
    const run = newRun(removed, {}, { priority: 0 });
    await insertRuns(runtime.database, [run]);
    await runtime.queues.dispatch({ job: 'nothing', delivery: run.delivery, runs: [run.id] });
    const back = await until(async () => {
      const found = await findRun(runtime.database, run.id);
      return found.attempt === 1 && found.state === 'queued' ? found : undefined;
    });
    expect(back).toMatchObject({ failures: 0, losses: 0 });
    expect(back.runAt.getTime()).toBeGreaterThan(Date.now() + 10_000);
    expect(back.delivery).not.toBe(run.delivery);
    await until(
      async () => (await runtime.queues.known('removed-lately', [back.delivery])).size === 1,
    );
    expect(await listPastAttempts(runtime.database, run.id)).toMatchObject([
      { attempt: 1, ending: 'given back' },
    ]);
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});

type NewRun = ReturnType<typeof newRun>;
