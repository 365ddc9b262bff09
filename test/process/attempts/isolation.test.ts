import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFinal, type Run } from '../../../src/core/run.ts';
import {
  cancelRun,
  findRun,
  listLogs,
  listPastAttempts,
  listSteps,
  newId,
} from '../../../src/ledger/index.ts';
import { enqueueIn, newRun, openRelay } from '../../../src/runtime/index.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { footprints } from '../../support/footprint.ts';
import { detectionMs, openTestRuntime, type TestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';
import { jobs } from './jobs.ts';
import { isAlive } from './processes.ts';

const child = new URL('child.ts', import.meta.url);
const patient = { timeoutMs: 60_000 };

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, jobs, { child });
    await runtime.database.query('create table public.notes (text text)');
    await runtime.work({ concurrency: 2 });
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const enqueue = (job: string, deed: string, note?: string) =>
    runtime.enqueuer.enqueue(job, { deed, ...(note && { note }) });
  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    }, patient);
  const run = async (job: string, deed: string) => finished(await enqueue(job, deed));
  const stepOf = (id: string, name = 'pid') =>
    until(
      async () =>
        (await listSteps(runtime.database, id)).find((step) => step.name === name)?.result,
      patient,
    );
  const notes = async () =>
    (
      await runtime.database.query<{ text: string }>('select text from public.notes order by text')
    ).map(({ text }) => text);

  test('a process of its own gets the payload of an older version as today’s', async () => {
    const { ledger, queues } = runtime;
    const [id, delivery, job] = [newId(), newId(), 'isolated-anew'];
    await ledger.accept({ id, delivery, job, version: 1, payload: { note: 'old' }, priority: 0 });
    await queues.dispatch({ job, delivery, runs: [id] });
    const done = await finished(id);
    expect(done).toMatchObject({ state: 'succeeded', version: 1, payload: { note: 'old' } });
    expect(done.result).toMatchObject({ note: 'old' });
    expect((done.result as { pid: number }).pid).not.toBe(process.pid);
  });

  test.each(['inline', 'isolated'])(
    'a job that runs %s is told which moment of its schedule it stands for',
    async (name) => {
      const job = runtime.catalogue.find(name);
      const due = new Date('2026-03-01T09:00:00Z');
      const scheduled = newRun(job, { deed: 'scheduled' }, { priority: 0, schedule: 'tick', due });
      await runtime.database.transaction((tx) => enqueueIn(tx, scheduled));
      const relay = await openRelay({ ...runtime, onError: (error) => expect.fail(String(error)) });
      expect((await finished(scheduled.id)).result).toEqual({
        id: scheduled.id,
        job: name,
        attempt: 1,
        schedule: { name: 'tick', due: due.toISOString() },
      });
      await relay.close();
    },
  );

  test.each(['inline', 'isolated'])(
    'of a job that runs %s, a large step and a large result go to the archive, and come back from it',
    async (job) => {
      const done = await run(job, 'large');
      expect(done).toMatchObject({ state: 'succeeded', attempt: 2, result: null });
      expect(await runtime.artifacts.load(done.artifact!)).toEqual({ text: '1'.repeat(300_000) });
      expect(await listSteps(runtime.database, done.id)).toMatchObject([
        { name: 'much', attempt: 1, result: null, artifact: { bytes: 300_002 } },
      ]);
    },
  );

  test('ctx is the same in a process of its own', async () => {
    const done = await run('isolated', 'everything');
    expect(done).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      result: { nested: 'step.nested', rows: [7] },
    });
    const { at, twice, pid } = done.result as { at: string; twice: string; pid: number };
    expect(at).toMatch(/^\d{4}-.*Z$/);
    expect(twice).toBe(at);
    expect(pid).not.toBe(process.pid);
    expect(isAlive(pid)).toBe(false);
    const log = await listLogs(runtime.database, done.id);
    expect(log).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ level: 'info', message: 'a line', data: { note: '' } }),
        expect.objectContaining({ level: 'info', message: 'said aloud' }),
      ]),
    );
    expect((await listSteps(runtime.database, done.id)).map(({ name }) => name)).toEqual(['now']);
  });

  test('a retry has the steps of the process before', async () => {
    const done = await run('isolated', 'remember and fail');
    expect(done).toMatchObject({ state: 'succeeded', attempt: 2, failures: 1 });
    const { pid, now } = done.result as { pid: number; now: number };
    expect(pid).not.toBe(now);
    expect(await listPastAttempts(runtime.database, done.id)).toMatchObject([
      {
        ending: 'retry',
        error: { message: 'the first time', stack: expect.stringContaining('jobs.ts') as string },
      },
    ]);
  });

  test.each([
    ['cancel', { state: 'cancelled', attempt: 1, error: { name: 'Cancel', message: 'no need' } }],
    ['snooze', { state: 'succeeded', attempt: 2, failures: 0, result: 'rested' }],
    ['refuse', { state: 'failed', attempt: 1, error: { code: 'mail.gone' } }],
    [
      'break off',
      { state: 'failed', attempt: 2, error: { name: 'RangeError', message: 'bad', code: 'E_BAD' } },
    ],
    ['query badly', { state: 'failed', attempt: 2, error: { code: '42P01' } }],
    [
      'return a function',
      {
        state: 'failed',
        attempt: 2,
        error: { message: expect.stringContaining('could not be cloned') as string },
      },
    ],
  ])('a handler that does "%s" ends as it would inline', async (deed, end) => {
    expect(await run('isolated', deed)).toMatchObject(end);
  });

  test.runIf(footprint === 'embedded')('a transaction is refused with a reason', async () => {
    expect(await run('isolated', 'transacting')).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'transaction.isolated' },
    });
  });

  test.skipIf(footprint === 'embedded')(
    'the transaction of a child commits its SQL with the step, or neither',
    async () => {
      expect(await run('isolated', 'transacting')).toMatchObject({
        state: 'succeeded',
        result: { count: 2, failed: 'on purpose', stray: 'transaction.ended' },
      });
      expect(await notes()).toEqual(['by sql', 'joined']);
      await runtime.database.query('delete from public.notes');
    },
  );

  test.skipIf(footprint === 'embedded')(
    'a transaction that stays open past its deadline is rolled back',
    async () => {
      const done = await run('isolated-once', 'transact too long');
      expect(done).toMatchObject({ state: 'failed', error: { code: 'step.deadline' } });
      expect(await notes()).toEqual([]);
    },
  );

  test.each([
    ['exit', 'exit code 3'],
    ['abort', 'signal SIGABRT'],
    ['kill myself', 'signal SIGKILL'],
    ['throw aside', 'exit code 1'],
  ])('a process that does "%s" fails its run alone, with %s', async (deed, how) => {
    const done = await run('isolated-once', deed);
    expect(done).toMatchObject({
      state: 'failed',
      failures: 1,
      losses: 1,
      error: { code: 'run.crashed' },
    });
    expect(done.error!.message).toContain(how);
    if (deed !== 'throw aside') return;
    expect(done.error!.message).toContain('Error: aside');
    const log = await listLogs(runtime.database, done.id);
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', message: 'last words' }));
  });

  test('a run that crashes its process five times is set aside', async () => {
    const done = await run('isolated-often', 'exit');
    expect(done).toMatchObject({
      state: 'failed',
      attempt: 5,
      losses: 5,
      error: { code: 'run.abandoned' },
    });
    expect(done.error!.stack).toContain('exit code 3');
  });

  test.each(['fill the heap', 'fill buffers'])(
    'a process that would "%s" is killed at its limit',
    async (deed) => {
      const done = await run('isolated-once', deed);
      expect(done).toMatchObject({ state: 'failed', losses: 0, error: { code: 'run.memory' } });
      expect(done.error!.message).toContain('256mb');
    },
  );

  test('a handler that never comes back is stopped for good at its timeout', async () => {
    const id = await enqueue('isolated-briefly', 'spin');
    const pid = (await stepOf(id)) as number;
    expect(isAlive(pid)).toBe(true);
    expect(await finished(id)).toMatchObject({ state: 'failed', error: { code: 'run.timeout' } });
    await until(() => !isAlive(pid));
  });

  test('cancel reaches a handler that never comes back', async () => {
    const id = await enqueue('isolated', 'spin');
    const pid = (await stepOf(id)) as number;
    await cancelRun(runtime.database, id, 'enough');
    await until(() => !isAlive(pid));
    expect(await finished(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
  });

  test('what the handler has started dies with it', async () => {
    const id = await enqueue('isolated', 'start another');
    const pids = (await stepOf(id, 'pids')) as [number, number];
    expect(pids.map(isAlive)).toEqual([true, true]);
    await cancelRun(runtime.database, id, 'enough');
    await until(() => !pids.some(isAlive));
  });

  test.each(['inline-once', 'isolated-briefly'])(
    'an attempt of %s that timed out may tidy up, but no longer write',
    async (job) => {
      await using folder = await temporaryFolder();
      const note = join(folder.path, 'note');
      const id = await enqueue(job, 'wait', note);
      expect(await finished(id)).toMatchObject({ state: 'failed', error: { code: 'run.timeout' } });
      const said = await until(() => readNote(note));
      expect(said).toMatch(
        /^The attempt took longer than the .*\|run.timeout run.timeout run.timeout\n$/,
      );
      expect((await listSteps(runtime.database, id)).map(({ name }) => name)).toEqual(['pid']);
    },
  );

  test('a handler that blocks longer than a death is detected keeps its run', async () => {
    const id = await enqueue('isolated', 'block and go on', String(detectionMs * 2));
    expect(await finished(id)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      result: 1,
      losses: 0,
    });
  });

  test('what a child writes is kept up to a bound', async () => {
    const done = await run('isolated', 'chatter');
    const log = await listLogs(runtime.database, done.id, { limit: 5000 });
    expect(log).toHaveLength(1001);
    expect(log.at(-1)!.message).toContain('left out');
  });

  test('a worker that stops gives the run back, and leaves no process behind', async () => {
    await using own = await openTestRuntime(footprint, jobs, { child });
    const worker = await own.work();
    const id = await own.enqueuer.enqueue('isolated', { deed: 'spin' });
    const pid = await until(async () => (await listSteps(own.database, id))[0]?.result, patient);
    await worker.stop(50);
    expect(isAlive(pid as number)).toBe(false);
    expect(await findRun(own.database, id)).toMatchObject({
      state: 'queued',
      failures: 0,
      losses: 0,
    });
  });

  test('nothing went wrong on the way', () => {
    expect(runtime.errors).toEqual([]);
  });
});

function readNote(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
