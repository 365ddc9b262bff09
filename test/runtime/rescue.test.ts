import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import type { Database } from '../../src/db/index.ts';
import {
  beat,
  findRun,
  insertOutbox,
  insertRuns,
  newId,
  registerWorker,
} from '../../src/ledger/index.ts';
import type { Queues } from '../../src/queue/index.ts';
import { openRelay, rescueDuty, unknownJobsDuty } from '../../src/runtime/index.ts';
import { countWaiting, interleave } from '../support/interleave.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const detectionMs = 15_000;
let runtime: TestRuntime;
let database: Database;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [jobOf('adding', () => Promise.resolve())], {
    detectionMs,
  });
  ({ database } = runtime);
});
afterAll(() => runtime[Symbol.asyncDispose]());

/** Each test begins with a rescue that has been in touch for long, and with nothing to rescue. */
beforeEach(async () => {
  await database.query(
    `update nightshift.rescue set passed_at = now(), in_touch_since = now() - interval '100 seconds'`,
  );
  for (const table of ['runs', 'workers', 'outbox'])
    await database.query(`truncate nightshift.${table}`);
});

const rescue = ({ queues = runtime.queues, through = database } = {}) =>
  rescueDuty({ database: through, queues, detectionMs });

async function makeWorker(silentSeconds: number): Promise<string> {
  const id = newId();
  await registerWorker(database, { id, host: 'here', pid: 1, jobs: ['adding'] });
  await database.query(
    `update nightshift.workers set heartbeat_at = now() - $2 * interval '1 second' where id = $1`,
    [id, silentSeconds],
  );
  return id;
}

async function accept(job = 'adding'): Promise<{ run: string; delivery: string }> {
  const [id, delivery] = [newId(), newId()];
  await insertRuns(database, [{ id, delivery, job, version: 1, payload: {}, priority: 0 }]);
  return { run: id, delivery };
}

async function makeActive(worker: string): Promise<string> {
  const { run, delivery } = await accept();
  await runtime.ledger.claim({ run, delivery, worker });
  return run;
}

/** A run that waits for longer than anybody should. */
async function makeWaiting(job?: string): Promise<string> {
  const { run } = await accept(job);
  await database.query(
    `update nightshift.runs set queued_at = now() - interval '1 hour', run_at = now() - interval '1 hour'
     where id = $1`,
    [run],
  );
  return run;
}

const beatNow = (worker: string, inHand: readonly string[] = []) =>
  beat(database, { worker, sample: {}, inHand, longestGapMs: detectionMs / 2 });

async function inTouchSince(): Promise<number> {
  const [row] = await database.query<{ at: Date }>(
    'select in_touch_since as at from nightshift.rescue',
  );
  return row!.at.getTime();
}

const queuesWith = (readMark: Queues['readMark']): Queues => ({ ...runtime.queues, readMark });

test('a pass that takes long does not break the time in which silence is believed', async () => {
  const since = await inTouchSince();
  const slow = queuesWith(async () => {
    // As if the pass had begun 20 s ago; it goes on until it has said again that it is in touch.
    await database.query(
      `update nightshift.rescue set passed_at = passed_at - interval '20 seconds'`,
    );
    await until(
      async () =>
        (
          await database.query(
            `select from nightshift.rescue where passed_at > now() - interval '10 seconds'`,
          )
        ).length > 0,
    );
    return 'none';
  });
  await rescueDuty({ database, queues: slow, detectionMs: 60_000 }).run();
  expect(await inTouchSince()).toBe(since);
}, 30_000);

test('a worker that is heard of while rescue looks keeps its runs', async () => {
  const worker = await makeWorker(60);
  const run = await makeActive(worker);
  const through = interleave(database, /r\.worker = any/, () => beatNow(worker, [run]));
  expect(await rescue({ through }).run()).toMatchObject({ orphans: 0 });
  expect(await findRun(database, run)).toMatchObject({ state: 'active', worker, losses: 0 });
});

test('rescue that was frozen while it looked takes from nobody', async () => {
  const run = await makeActive(await makeWorker(60));
  const through = interleave(database, /r\.worker = any/, () =>
    database.query(`update nightshift.rescue set passed_at = now() - interval '20 seconds'`),
  );
  expect(await rescue({ through }).run()).toMatchObject({ orphans: 0 });
  expect(await findRun(database, run)).toMatchObject({ state: 'active', losses: 0 });
});

test('a job that a worker brings along while its runs are looked up is not unknown', async () => {
  const run = await makeWaiting('brand-new');
  const through = interleave(database, /recursive names/, () =>
    registerWorker(database, { id: newId(), host: 'new', pid: 1, jobs: ['brand-new'] }),
  );
  const duty = unknownJobsDuty({
    ...runtime,
    database: through,
    detectionMs,
    unknownJobMs: 60_000,
  });
  expect(await duty.run()).toEqual({ failed: 0 });
  expect(await findRun(database, run)).toMatchObject({ state: 'queued' });
});

test('rows that somebody holds hold up neither lost runs nor those of dead workers', async () => {
  const dead = await makeWorker(60);
  const orphans = [await makeActive(dead), await makeActive(dead)];
  const lost = [await makeWaiting(), await makeWaiting()];
  await database.transaction(async (tx) => {
    await tx.query('select from nightshift.runs where id = any($1::uuid[]) for update', [
      [orphans[0], lost[0]],
    ]);
    expect(await rescue().run()).toMatchObject({ orphans: 1, lost: 1 });
  });
  expect(await rescue().run()).toMatchObject({ orphans: 1, lost: 1 });
});

test('a pass that meets a deadlock does its work again', async () => {
  const run = await makeWaiting();
  const posted = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const other = database.transaction(async (tx) => {
    await tx.query(`set local deadlock_timeout = '1min'`);
    await insertOutbox(tx, [{ id: run, delivery: newId() }]);
    posted.resolve();
    await go.promise;
    await tx.query('update nightshift.runs set priority = 1 where id = $1', [run]);
  });
  await posted.promise;
  const through = interleave(database, /set delivery = lost\.next/, async () => {
    go.resolve();
    await until(async () => (await countWaiting(database)) === 1);
  });
  expect(await rescue({ through }).run()).toMatchObject({ orphans: 0, wiped: false });
  await other;
  expect(await findRun(database, run)).toMatchObject({ priority: 1 });
}, 30_000);

test('silence is believed on after a pass that failed, unless the database was away', async () => {
  const fails = [
    new Error('odd'),
    new Failure('database.unreachable', { host: 'here', port: 1, reason: 'x', variable: 'y' }),
  ];
  const queues = queuesWith(() => {
    const error = fails.shift();
    return error ? Promise.reject(error) : Promise.resolve('none');
  });
  const duty = rescue({ queues });
  const since = await inTouchSince();
  await expect(duty.run()).rejects.toThrow('odd');
  await expect(duty.run()).rejects.toMatchObject({ code: 'database.unreachable' });
  expect(await inTouchSince()).toBe(since);
  await duty.run();
  expect(await inTouchSince()).toBeGreaterThan(since);
});

test('what a living worker holds without knowing goes again while the queues are away', async () => {
  const worker = await makeWorker(0);
  const run = await makeActive(worker);
  await database.query(
    `update nightshift.runs set started_at = now() - interval '60 seconds' where id = $1`,
    [run],
  );
  await beatNow(worker);
  const away = queuesWith(() => Promise.reject(new Failure('queue.unavailable', { reason: 'x' })));
  expect(await rescue({ queues: away }).run()).toMatchObject({ strays: 1 });
  expect(await findRun(database, run)).toMatchObject({ state: 'queued', losses: 0 });
});

test('a run that lost its worker does not stand in line again', async () => {
  const lost = await makeActive(await makeWorker(100));
  const waiting = await accept();
  await runtime.queues.dispatch({ job: 'adding', delivery: waiting.delivery, runs: [waiting.run] });
  await rescue().run();
  const relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  await until(async () => (await runtime.queues.counts('adding')).waiting === 2);
  await relay.close();
  const begun: string[] = [];
  const consumer = runtime.queues.consume(
    'adding',
    ({ runs }) => Promise.resolve(void begun.push(...runs)),
    { concurrency: 1 },
  );
  consumer.start();
  await until(() => begun.length === 2);
  await consumer.close();
  expect(begun).toEqual([lost, waiting.run]);
});
