import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { type AnyBatchJob, type BatchContext, defineBatchJob } from '../../src/core/batch-job.ts';
import { Cancel, Snooze } from '../../src/core/endings.ts';
import type { Run } from '../../src/core/run.ts';
import { insertRuns, listLogs } from '../../src/ledger/index.ts';
import { cancel, newRun } from '../../src/runtime/index.ts';
import { openTestbed } from '../../src/testing/index.ts';
import { footprints } from '../support/footprint.ts';
import { openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const patience = { timeoutMs: 60_000 };
const calls: { readonly runs: number; readonly signal: AbortSignal }[] = [];
let gate = Promise.withResolvers<void>();

const deeds = z.object({
  deed: z.enum(['double', 'fail once', 'quit', 'rest', 'misfit', 'note', 'throw', 'wait', 'few']),
  n: z.int().default(1),
});

const batched = defineBatchJob({
  name: 'batched',
  summary: 'A batch job of a test.',
  payload: deeds,
  result: z.object({ twice: z.int() }),
  batch: { max: 20 },
  retry: { attempts: 2, backoff: 'fixed', from: '50ms', upTo: '50ms', jitter: 0 },
  timeout: '20s',
  needs: ['database'],
  async run(ctx, items) {
    calls.push({ runs: items.length, signal: ctx.signal });
    const has = (deed: string) => items.some(({ payload }) => payload.deed === deed);
    if (has('throw') && items[0]!.attempt === 1) throw new Error('all of them');
    if (has('few')) return [];
    if (has('wait')) await Promise.race([gate.promise, sleep(60_000, undefined, { ref: false })]);
    if (has('note'))
      await ctx.database.query('insert into nightshift.noted select unnest($1::uuid[])', [
        items.map(({ run }) => run),
      ]);
    return items.map(({ payload: { deed, n }, attempt, log }) => {
      log.info(`attempt ${attempt}`);
      if (deed === 'fail once' && attempt === 1) return { error: new Error('once') };
      if (deed === 'quit') return { error: new Cancel('nothing to do') };
      if (deed === 'rest' && attempt === 1) return { error: new Snooze('50ms') };
      return { result: { twice: deed === 'misfit' ? Number.NaN : n * 2 } };
    });
  },
});

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [batched as AnyBatchJob]);
    await runtime.database.query('create table nightshift.noted (run uuid)');
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const enqueue = (...some: z.input<typeof deeds>[]) => {
    calls.length = 0;
    return runtime.enqueuer.enqueueMany('batched', some);
  };
  const ends = (ids: readonly string[]) =>
    until(async () => {
      const runs = await runtime.database.query<Run>(
        `select id, state, attempt, result, error from nightshift.runs
         where id = any($1::uuid[]) and finished_at is not null order by id`,
        [ids],
      );
      return runs.length === ids.length ? runs : undefined;
    }, patience);
  const tell = (runs: readonly Run[]) => runs.map(({ state, attempt }) => `${state} ${attempt}`);

  test('each item of a call has an outcome of its own, and goes on by its own policy', async () => {
    const ids = await enqueue(
      { deed: 'double', n: 21 },
      { deed: 'fail once' },
      { deed: 'quit' },
      { deed: 'rest' },
      { deed: 'misfit' },
      { deed: 'note' },
    );
    const worker = await runtime.work();
    const runs = await ends(ids);
    expect(tell(runs)).toEqual([
      'succeeded 1',
      'succeeded 2',
      'cancelled 1',
      'succeeded 2',
      'failed 1',
      'succeeded 1',
    ]);
    expect(runs[0]!.result).toEqual({ twice: 42 });
    expect(runs[4]!.error).toMatchObject({ code: 'result.invalid' });
    expect(calls[0]!.runs).toBe(6);
    expect((await listLogs(runtime.database, ids[1]!)).map(({ message }) => message)).toEqual([
      'attempt 1',
      'attempt 2',
    ]);
    expect(await runtime.database.query('select run from nightshift.noted')).toHaveLength(6);
    await worker.stop(0);
  });

  test('what the handler throws fails every item, and a short answer is a clear error', async () => {
    const worker = await runtime.work();
    const thrown = await ends(await enqueue({ deed: 'throw' }, { deed: 'double' }));
    expect(tell(thrown)).toEqual(['succeeded 2', 'succeeded 2']);
    const few = await ends(await enqueue({ deed: 'few' }, { deed: 'double' }));
    expect(few.map(({ error }) => error?.code)).toEqual(['batch.outcomes', 'batch.outcomes']);
    await worker.stop(0);
  });

  test('a payload that no longer parses fails alone, and a cancelled run is taken out', async () => {
    const { database, queues } = runtime;
    calls.length = 0;
    const runs = [{ deed: 'double' }, { deed: 'of an older version' }, { deed: 'double' }].map(
      (payload) => newRun(batched as AnyBatchJob, payload, { priority: 0 }),
    );
    const { delivery } = runs[0]!;
    await insertRuns(
      database,
      runs.map((run) => ({ ...run, delivery })),
    );
    await cancel({ sql: database, queues }, { id: runs[0]!.id, reason: 'a test' });
    const ids = runs.map(({ id }) => id);
    await queues.dispatch({ job: 'batched', delivery, runs: ids });
    const worker = await runtime.work();
    expect(tell(await ends(ids))).toEqual(['cancelled 0', 'failed 1', 'succeeded 1']);
    expect(calls.map((call) => call.runs)).toEqual([1]);
    await worker.stop(0);
  });

  test('a run that is cancelled meanwhile ends so, and the call goes on for the others', async () => {
    const { database, queues } = runtime;
    gate = Promise.withResolvers();
    const ids = await enqueue({ deed: 'wait' }, { deed: 'double' }, { deed: 'double' });
    const worker = await runtime.work();
    await until(() => worker.active === 3, patience);
    await cancel({ sql: database, queues }, { id: ids[1]!, reason: 'a test' });
    await sleep(100);
    expect(calls[0]!.signal.aborted).toBe(false);
    gate.resolve();
    expect(tell(await ends(ids))).toEqual(['succeeded 1', 'cancelled 1', 'succeeded 1']);
    await worker.stop(0);
  });

  test('a worker that stops gives the runs of a call back', async () => {
    gate = Promise.withResolvers();
    const ids = await enqueue({ deed: 'wait' }, { deed: 'double' });
    const worker = await runtime.work();
    await until(() => worker.active === 2, patience);
    await worker.stop(0);
    expect(calls[0]!.signal.aborted).toBe(true);
    gate.resolve();
    const next = await runtime.work();
    expect(tell(await ends(ids))).toEqual(['succeeded 2', 'succeeded 2']);
    await next.stop(0);
    expect(runtime.errors).toEqual([]);
  });
});

test('a test of a job runs it as a batch of one, or several runs together', async () => {
  const testbed = await openTestbed({
    migrations: {
      'zz/0001-noted': { up: 'create table nightshift.noted (run uuid)', down: '' },
    },
  });
  const one = await testbed.runJob(batched, { deed: 'double', n: 4 });
  expect(one).toMatchObject({ state: 'succeeded', result: { twice: 8 }, log: ['attempt 1'] });
  calls.length = 0;
  const many = await testbed.runBatch(batched, [
    { deed: 'double', n: 1 },
    { deed: 'fail once', n: 2 },
    { deed: 'note', n: 3 },
  ]);
  expect(many.map(({ state, attempts, result }) => [state, attempts, result.twice])).toEqual([
    ['succeeded', 1, 2],
    ['succeeded', 2, 4],
    ['succeeded', 1, 6],
  ]);
  expect(calls.map(({ runs }) => runs)).toEqual([3, 1]);
  await testbed.close();
});

test('a definition says what is wrong with it', () => {
  const wrong = {
    name: 'wrong',
    summary: 'A job of a test.',
    payload: deeds,
    batch: { max: 1 },
    isolation: 'process',
    needs: ['documents'],
    run: () => Promise.resolve([]),
  };
  expect(() => defineBatchJob(wrong as never)).toThrow(
    /batch\.max: not a whole number from 2 to 1000; isolation: a batch job runs inline.*; needs: documents belong to one run/,
  );
});

test('what belongs to one run is not in the context of a batch', () => {
  expectTypeOf<BatchContext>().not.toHaveProperty('step');
  expectTypeOf<BatchContext>().not.toHaveProperty('transaction');
  expectTypeOf<BatchContext>().not.toHaveProperty('progress');
  expectTypeOf(batched.payload).toEqualTypeOf<typeof deeds>();
});
