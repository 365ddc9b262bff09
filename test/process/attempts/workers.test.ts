import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isFinal, type Run } from '../../../src/core/run.ts';
import { type Database, openDatabase } from '../../../src/db/index.ts';
import {
  findRun,
  ledgerMigrations,
  listPastAttempts,
  listSteps,
  openLedger,
} from '../../../src/ledger/index.ts';
import { openQueues, type Queues } from '../../../src/queue/index.ts';
import { cancel, type Enqueuer, openCatalogue, openEnqueuer } from '../../../src/runtime/index.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/folder.ts';
import { footprints, openTestFootprint, type TestFootprint } from '../../support/footprint.ts';
import { startProcess, type TestProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';
import { jobs } from './jobs.ts';
import { isAlive } from './processes.ts';
import type { WorkerArgument } from './worker.ts';

const detectionMs = 3000;
const patient = { timeoutMs: 60_000 };
const workerFile = join(import.meta.dirname, 'worker.ts');

async function startWorker(
  { database, redisUrl, prefix }: TestFootprint,
  enqueue: WorkerArgument['enqueue'] = [],
): Promise<TestProcess> {
  const argument: WorkerArgument = {
    database: database.kind === 'postgres' ? { ...database, connections: 8 } : database,
    prefix,
    detectionMs,
    enqueue,
    ...(redisUrl && { redisUrl }),
  };
  const worker = startProcess(workerFile, [JSON.stringify(argument)]);
  await worker.line(/^up/);
  return worker;
}

const readNote = (path: string) =>
  until(() => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  }, patient);

describe.each(footprints)('on the %s footprint', (footprint) => {
  let place: TestFootprint;
  let notes: TemporaryFolder;
  beforeAll(async () => {
    place = await openTestFootprint(footprint, ledgerMigrations);
    notes = await temporaryFolder();
  });
  afterAll(async () => {
    await place[Symbol.asyncDispose]();
    await notes[Symbol.asyncDispose]();
  });

  test('the process of an isolated attempt ends with its worker, blocked or not', async () => {
    const deeds = ['spin', 'wait'].map((deed) => ({ deed, note: join(notes.path, deed) }));
    const worker = await startWorker(
      place,
      deeds.map((payload) => ({ job: 'isolated', payload })),
    );
    const pids = await Promise.all(deeds.map(async ({ note }) => Number(await readNote(note))));
    expect(pids.map(isAlive)).toEqual([true, true]);
    if (place.database.kind === 'pglite')
      for (const pid of pids)
        expect(listOpenFiles(pid).join('\n')).not.toContain(place.database.folder);
    worker.kill('SIGKILL');
    await worker.ended();
    await until(() => !pids.some(isAlive));
  });
});

function listOpenFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

describe.each(['postgres', 'cluster'] as const)(
  'with workers elsewhere on the %s footprint',
  (footprint) => {
    let place: TestFootprint;
    let database: Database;
    let queues: Queues;
    let enqueuer: Enqueuer;
    let folder: TemporaryFolder;
    const workers: TestProcess[] = [];
    beforeAll(async () => {
      place = await openTestFootprint(footprint, ledgerMigrations);
      database = await openDatabase(place.database);
      const { prefix, redisUrl } = place;
      const onError = () => undefined;
      queues = await openQueues({ database, prefix, onError, ...(redisUrl && { redisUrl }) });
      const ledger = openLedger(database, { detectionMs });
      const catalogue = openCatalogue(jobs);
      enqueuer = openEnqueuer({ catalogue, ledger, queues });
      folder = await temporaryFolder();
      await database.query('create table public.notes (text text)');
    });
    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker[Symbol.asyncDispose]();
      await database.query('delete from public.notes');
    });
    afterAll(async () => {
      await queues.close();
      await database.close();
      await place[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    const start = async () => {
      const worker = await startWorker(place);
      workers.push(worker);
      return worker;
    };
    const enqueue = (job: string, deed: string, note = '') => enqueuer.enqueue(job, { deed, note });
    const finished = (id: string): Promise<Run> =>
      until(async () => {
        const run = await findRun(database, id);
        return isFinal(run.state) ? run : undefined;
      }, patient);
    const stepOf = async (id: string, name = 'pid') => {
      const find = async () => (await listSteps(database, id)).find((step) => step.name === name);
      return (await until(find, patient)).result as number;
    };
    const stop = (id: string) =>
      cancel({ sql: database, queues }, { id, reason: 'from elsewhere' });
    const stored = () => database.query('select text from public.notes order by text');

    test.each(['inline', 'isolated'])(
      'a run of %s that another process holds is cancelled',
      async (job) => {
        await start();
        const note = join(folder.path, `cancelled ${job}`);
        const id = await enqueue(job, 'wait', note);
        const pid = await stepOf(id);
        expect(await stop(id)).toMatchObject({ state: 'cancelled' });
        await until(async () => (await readNote(note)).includes('no longer holds the run'));
        expect(await readNote(note)).toContain('run.fenced run.fenced run.fenced');
        if (job === 'isolated') await until(() => !isAlive(pid));
        expect(await findRun(database, id)).toMatchObject({
          state: 'cancelled',
          attempt: 1,
          error: { message: 'from elsewhere' },
        });
      },
    );

    test.each(['inline', 'isolated'])(
      'a cancel of %s whose notification got lost is heard of with the next heartbeat',
      async (job) => {
        await start();
        const note = join(folder.path, `silent ${job}`);
        const id = await enqueue(job, 'wait', note);
        await stepOf(id);
        await database.query(
          `update nightshift.runs set state = 'cancelled', finished_at = now() where id = $1`,
          [id],
        );
        await until(async () => (await readNote(note)).includes('no longer holds the run'));
      },
    );

    test('a run that was to be retried is cancelled and does not begin again', async () => {
      const worker = await start();
      const id = await enqueue('retried-late', 'break off');
      await until(async () => (await findRun(database, id)).failures === 1, patient);
      const run = await stop(id);
      expect(run).toMatchObject({ state: 'cancelled', attempt: 1 });
      expect((await queues.known(run.job, [run.delivery])).size).toBe(0);
      worker.kill('SIGKILL');
    });

    test.each(['inline', 'isolated'])(
      'a cancel during a transaction of %s waits for its end, and wins',
      async (job) => {
        await start();
        const id = await enqueue(job, 'sleep in a transaction');
        await stepOf(id);
        const isHeld = `select id from nightshift.runs where id = $1 for update skip locked`;
        await until(async () => (await database.query(isHeld, [id])).length === 0, patient);
        expect(await stop(id)).toMatchObject({ state: 'cancelled' });
        expect(await stored()).toEqual([{ text: 'slow' }]);
        expect((await listSteps(database, id)).map(({ name }) => name)).toEqual(['pid', 'slow']);
        expect(await finished(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
      },
    );

    test('a run of a frozen worker is cancelled at once, and the worker finds out when it wakes', async () => {
      const worker = await start();
      const note = join(folder.path, 'frozen');
      const id = await enqueue('inline', 'wait', note);
      await stepOf(id);
      expect(await readNote(note)).toBe(String(worker.pid));
      worker.kill('SIGSTOP');
      expect(await stop(id)).toMatchObject({ state: 'cancelled' });
      worker.kill('SIGCONT');
      await until(async () => (await readNote(note)).includes('no longer holds the run'));
      await worker.line(/"ended".*"fenced"/);
      expect(await finished(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
    });

    test('a worker that froze in a transaction does not hold the run: another takes it', async () => {
      const frozen = await start();
      const id = await enqueue('inline', 'hold the row');
      expect(await stepOf(id)).toBe(frozen.pid);
      const other = await start();
      expect(await finished(id)).toMatchObject({
        state: 'succeeded',
        attempt: 2,
        result: 2,
        losses: 1,
      });
      frozen.kill('SIGCONT');
      await frozen.line(/"ended"/);
      expect(frozen.lines.at(-1)).not.toContain('succeeded');
      expect(await stored()).toEqual([{ text: 'attempt 2' }]);
      expect(await findRun(database, id)).toMatchObject({ result: 2, attempt: 2 });
      expect(await listPastAttempts(database, id)).toMatchObject([{ attempt: 1, ending: 'lost' }]);
      expect(other.errors).toBe('');
    });

    test('an inline handler that blocks too long loses its run, which ends once', async () => {
      const blocked = await start();
      const id = await enqueue('inline', 'block and go on', String(detectionMs * 3));
      expect(await stepOf(id, 'pid 1')).toBe(blocked.pid);
      await start();
      expect(await finished(id)).toMatchObject({ state: 'succeeded', attempt: 2, result: 2 });
      await blocked.line(/"ended".*"fenced"/);
      expect(await findRun(database, id)).toMatchObject({ result: 2, attempt: 2, losses: 1 });
      expect(await listSteps(database, id)).toContainEqual(
        expect.objectContaining({ name: 'after', attempt: 2, result: 2 }),
      );
    });
  },
);
