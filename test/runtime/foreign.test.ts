import type { Job, JobsOptions, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseContext } from '../../src/core/context.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  cancelRun,
  findAdopted,
  findRun,
  ledgerMigrations,
  listRuns,
  newId,
  openLedger,
  retireRuns,
  retryRun,
} from '../../src/ledger/index.ts';
import type { Backend } from '../../src/queue/backend.ts';
import { openBackend } from '../../src/queue/open.ts';
import { newRun, openRelay, pauseJob, type Relay, resumeJob } from '../../src/runtime/index.ts';
import { openTestDatabase } from '../support/database.ts';
import { footprints } from '../support/footprint.ts';
import {
  detectionMs,
  jobOf,
  openTestRuntime,
  payloadLimit,
  type TestRuntime,
} from '../support/runtime.ts';
import { until } from '../support/until.ts';

/** What the job `holding` waits for, by the name in its payload. */
const gates = new Map<string, PromiseWithResolvers<void>>();
const gate = (name: string) => {
  if (!gates.has(name)) gates.set(name, Promise.withResolvers());
  return gates.get(name)!;
};
const adding = jobOf(
  'adding',
  (_, { a, b }: { a: number; b: number }) => Promise.resolve({ sum: a + b }),
  {
    version: 4,
    expires: '2h',
    payload: z.strictObject({ a: z.number(), b: z.number().default(1) }),
  },
);
const anything = jobOf('anything', (_, payload) => Promise.resolve({ got: payload }));
const failingOnce = jobOf(
  'failing-once',
  (ctx: BaseContext) =>
    ctx.run.attempt === 1 ? Promise.reject(new Error('the first time')) : Promise.resolve('done'),
  { retry: { attempts: 2, backoff: 'fixed', from: '300ms', upTo: '300ms', jitter: 0 } },
);
const failing = jobOf('failing', () => Promise.reject(new Error('the disk is full')));
const holding = jobOf('holding', (ctx: BaseContext, { name }: { name: string }) =>
  Promise.race([
    gate(name).promise,
    new Promise((_, reject) => {
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
    }),
  ]),
);
const writing = jobOf('writing', () => Promise.resolve({ text: 'x'.repeat(300_000) }));
const jobs = [adding, anything, failingOnce, failing, holding, writing];

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  let backend: Backend;
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs);
    const { database, place } = runtime;
    const { prefix, redisUrl } = place;
    backend = await openBackend({ database, prefix, onError, ...(redisUrl && { redisUrl }) });
    relay = await openRelay({ ...runtime, onError });
    await runtime.work();
  });
  afterAll(async () => {
    await relay.close();
    await backend.close();
    await runtime[Symbol.asyncDispose]();
  });

  /** Adds a job as another program does: with nothing of ours but the names. */
  async function add(job: string, data: unknown, opts: JobsOptions = {}): Promise<Job> {
    const queue = backend.openQueue(job) as Queue;
    return queue.add('their-name', data, opts);
  }

  /** The foreign job once it has ended. */
  async function ended({ id, queueName }: Job): Promise<Job> {
    const job = queueName.replace(/^.*\./, '');
    const queue = backend.openQueue(job) as Queue;
    return until(async () => {
      const found = await queue.getJob(id!);
      return found?.finishedOn === undefined ? undefined : found;
    });
  }

  const runOf = async ({ progress }: Job): Promise<Run> =>
    findRun(runtime.database, (progress as { run: string }).run);

  test('its job becomes a run, and ends with the run’s result', async () => {
    const job = await ended(await add('adding', { a: 2 }, { priority: 7, jobId: 'order-17' }));
    expect(job).toMatchObject({ returnvalue: { sum: 3 } });
    expect(job.failedReason ?? null).toBeNull();
    const run = await runOf(job);
    expect(run).toMatchObject({
      job: 'adding',
      version: 4,
      state: 'succeeded',
      payload: { a: 2 },
      result: { sum: 3 },
      priority: 7,
      attempt: 1,
    });
    expect(run.expiresAt!.getTime() - run.runAt.getTime()).toBe(2 * 3_600_000);
    const origin = { jobId: 'order-17', jobName: 'their-name' };
    expect(await findAdopted(runtime.database, run.id)).toEqual(origin);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['an empty payload', undefined, /a: Invalid input/],
    // Where the database carries the queues, BullMQ makes an empty object of it.
    ['null', null, /a: |the whole: /],
    ['a text', 'two', /the whole: .*expected object/],
    ['a list', [1], /the whole: .*expected object/],
    ['unknown fields, where the job is strict', { a: 1, c: 1 }, /Unrecognized key: "c"/],
    ['what looks like a delivery', { runs: [newId()] }, /a: .*Unrecognized key: "runs"/],
  ];
  test.each(wrong)('%s is a failed run that says what is wrong', async (_, data, message) => {
    const job = await ended(await add('adding', data, { attempts: 3 }));
    expect(job.failedReason).toMatch(message);
    const run = await runOf(job);
    expect(run).toMatchObject({ state: 'failed', attempt: 0, error: { code: 'payload.invalid' } });
    expect(run.error!.message).toMatch(message);
    expect(job.failedReason).toContain(`nightshift runs show ${run.id}`);
  });

  test('a run with a bad payload that is retried is checked anew', async () => {
    const { id } = await runOf(await ended(await add('adding', { a: 'one' })));
    await retryRun(runtime.database, id);
    await until(async () => (await findRun(runtime.database, id)).state === 'failed');
    const good = { payload: { a: 1 } };
    await runtime.database.query('update nightshift.runs set payload = $2 where id = $1', [
      id,
      good.payload,
    ]);
    await retryRun(runtime.database, id);
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded');
    expect(await findRun(runtime.database, id)).toMatchObject({ result: { sum: 2 }, attempt: 1 });
  });

  test('a huge payload is a failed run that says its size, and is not kept', async () => {
    const job = await ended(await add('anything', { text: 'x'.repeat(2 * payloadLimit) }));
    expect(await runOf(job)).toMatchObject({
      state: 'failed',
      payload: null,
      error: {
        code: 'payload.too_large',
        message: expect.stringMatching(/has 128kb of JSON, and 64kb/) as string,
      },
    });
  });

  test.runIf(footprint === 'cluster')(
    'a payload with what no text of Postgres holds comes without it',
    async () => {
      const job = await add('anything', { text: 'half \uD83D' });
      expect((await runOf(await ended(job))).payload).toEqual({ text: 'half \uFFFD' });
    },
  );

  test.runIf(footprint === 'cluster')(
    'a payload that is nested too deep for any JSON is a failed run, and is not kept',
    async () => {
      const job = await add('anything', {}, { delay: 500 });
      const redis = new Redis(runtime.place.redisUrl!);
      const deep = '['.repeat(20_000) + ']'.repeat(20_000);
      await redis.hset(`${runtime.place.prefix}:anything:${job.id}`, 'data', deep);
      redis.disconnect();
      const { failedReason } = await ended(job);
      expect(failedReason).toMatch(/no JSON can say it/);
      expect(await runOf(await ended(job))).toMatchObject({ state: 'failed', payload: null });
    },
  );

  test.each([
    ['1970', 1],
    ['2100', Date.parse('2100-01-01')],
    ['the end of days', 8.64e15],
  ])('a timestamp of %s is a run of today', async (_, timestamp) => {
    const job = await ended(await add('anything', {}, { timestamp }));
    const run = await runOf(job);
    expect(run.state).toBe('succeeded');
    expect(Math.abs(run.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
  });

  test('the ledger’s policy of retry wins, and the job ends when its run does', async () => {
    const job = await ended(await add('failing-once', {}, { attempts: 1 }));
    expect(job.returnvalue).toBe('done');
    expect(await runOf(job)).toMatchObject({ state: 'succeeded', attempt: 2, failures: 1 });
    const hopeless = await ended(await add('failing', {}, { attempts: 5 }));
    expect(hopeless.failedReason).toMatch(/has failed: the disk is full/);
    expect(await runOf(hopeless)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  test('a cancel of the run ends the job', async () => {
    const job = await add('holding', { name: 'never' });
    const queue = backend.openQueue('holding') as Queue;
    const run = await until(
      async () => (await queue.getJob(job.id!))?.progress as { run?: string },
    );
    const id = await until(() => run.run);
    await until(async () => (await findRun(runtime.database, id)).state === 'active');
    await cancelRun(runtime.database, id, 'no need');
    expect((await ended(job)).failedReason).toMatch(/was cancelled: no need\. Look/);
  });

  test('its own deduplication holds until the run has ended', async () => {
    const deduplication = { id: 'one-at-a-time' };
    const name = `dedup-${footprint}`;
    const first = await add('holding', { name }, { deduplication });
    const second = await add('holding', { name }, { deduplication });
    expect(second.id).toBe(first.id);
    gate(name).resolve();
    await ended(first);
  });

  test('a large result is told by where it is kept', async () => {
    const job = await ended(await add('writing', {}));
    const { artifact } = await runOf(job);
    expect(job.returnvalue).toEqual({ artifact });
    expect(artifact!.bytes).toBeGreaterThan(300_000);
  });

  test('a job that came while its queue is paused waits', async () => {
    await pauseJob({ sql: runtime.database, queues: runtime.queues }, { job: 'anything' });
    const job = await add('anything', { late: true });
    const count = async () =>
      (await listRuns(runtime.database, { job: 'anything', limit: 500 })).length;
    const before = await count();
    await ended(await add('adding', { a: 1 }));
    expect(await count()).toBe(before);
    await resumeJob({ sql: runtime.database, queues: runtime.queues }, 'anything');
    await runtime.database.query('select 1');
    expect((await ended(job)).returnvalue).toEqual({ got: { late: true } });
  });

  test('what has ended stays for its producer to find, whatever comes after it', async () => {
    const job = await ended(await add('anything', {}));
    const ids = await runtime.enqueuer.enqueueMany('anything', [1, 2, 3]);
    for (const id of ids)
      await until(async () => isFinal((await findRun(runtime.database, id)).state));
    const queue = backend.openQueue('anything') as Queue;
    expect(await (await queue.getJob(job.id!))!.getState()).toBe('completed');
    const gone = await add('anything', {}, { removeOnComplete: true });
    await until(async () => (await queue.getJob(gone.id!)) === undefined);
  });

  test('the same job is the same run, however many adopt it at once', async () => {
    const { database } = runtime;
    const delivery = newId();
    const ledgers = Array.from({ length: 4 }, () => openLedger(database, { detectionMs }));
    const adopted = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        ledgers[i % 4]!.adopt({
          run: { ...newRun(anything, { i }, { priority: 0 }), delivery },
          jobId: '1',
          jobName: 'n',
        }),
      ),
    );
    expect(new Set(adopted.map(({ run }) => run)).size).toBe(1);
    expect(adopted.filter(({ isNew }) => isNew)).toHaveLength(1);
    const rows = await database.query('select from nightshift.runs where delivery = $1', [
      delivery,
    ]);
    expect(rows).toHaveLength(1);
  });

  test('nothing went wrong on the way', () => expect([...errors, ...runtime.errors]).toEqual([]));
});

test('what a foreign job became is forgotten with its run, and not before', async () => {
  await using place = await openTestDatabase('postgres', ledgerMigrations);
  const { database } = place;
  const ledger = openLedger(database, { detectionMs });
  const run = newRun(anything, {}, { priority: 0 });
  await ledger.adopt({ run, jobId: '1', jobName: 'n' });
  const old = '01800000-0000-7000-8000-000000000000';
  await database.query(
    `insert into nightshift.adopted (delivery, run_id, job_id, job_name) values ($1, $1, '2', 'n')`,
    [old],
  );
  await retireRuns(database, { keepMs: 0, shared: true });
  const rows = await database.query<{ id: string }>('select run_id as id from nightshift.adopted');
  expect(rows).toEqual([{ id: run.id }]);
});
