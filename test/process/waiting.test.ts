import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import type { Database } from '../../src/db/index.ts';
import { openRelay, openWaker, rescueDuty, sendEvent } from '../../src/runtime/index.ts';
import { openTestInstallation } from '../support/installation.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { detectionMs, openTestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';
import { waitingJobs } from '../support/waiting-jobs.ts';

const file = new URL('fixtures/waiting-process.ts', import.meta.url).pathname;
const env = { NIGHTSHIFT_DETECTION: '3s', NIGHTSHIFT_HEARTBEAT: '1s' };
const patience = { timeoutMs: 90_000, everyMs: 100 };
const stages = ['after children', 'after event', 'after sleep'];

const prepare = (database: Database) =>
  database.query('create table public.marks (run uuid, stage text)');

/** What became of the parents, as rows that are all the same when all went well. */
const listParents = (database: Database) =>
  database.query<{ id: string; state: string; marks: string[]; children: number }>(
    `select r.id, r.state, r.result,
       array(select m.stage from public.marks m where m.run = r.id order by m.stage) as marks,
       (select count(*)::int from nightshift.runs c where c.parent = r.id and c.state = 'succeeded') as children
     from nightshift.runs r where r.job = 'parent' order by r.id`,
  );

const allWell = {
  state: 'succeeded',
  marks: stages,
  children: 4,
  result: { twice: [2, 4, 6, 8], payload: 'over' },
};

test.concurrent.each(['postgres', 'cluster'] as const)(
  'on the %s footprint parents go on exactly once, however often workers and control planes are killed',
  async (footprint) => {
    await using installation = await openTestInstallation(footprint, env);
    await installation.look(prepare);
    const { place } = installation;
    await using runtime = await openTestRuntime(footprint, waitingJobs, { place });
    const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
    const launch = (kind: string) => installation.launch(file, [kind]);
    const processes = {
      worker: await launch('worker'),
      other: await launch('worker'),
      control: await launch('control'),
    };
    await Promise.all(
      keys.map((key) => runtime.enqueuer.enqueue('parent', { deed: 'stages', key })),
    );
    for (const kind of ['worker', 'control', 'other', 'worker', 'control'] as const) {
      await sleep(700);
      processes[kind].kill('SIGKILL');
      await processes[kind].ended();
      processes[kind] = await launch(kind === 'control' ? 'control' : 'worker');
    }
    await until(async () => {
      const waiting = await runtime.database.query(
        `select from nightshift.waits where event = 'end' and answer is null`,
      );
      return waiting.length === keys.length;
    }, patience);
    processes.control.kill('SIGKILL');
    for (const key of keys)
      expect(await sendEvent(runtime, { name: 'end', key, payload: 'over' })).toEqual({ woken: 1 });
    processes.worker.kill('SIGKILL');
    await launch('control');
    await until(
      async () => (await listParents(runtime.database)).every((one) => one.state === 'succeeded'),
      patience,
    );
    const parents = await listParents(runtime.database);
    expect(parents).toHaveLength(keys.length);
    for (const one of parents) expect(one).toMatchObject(allWell);
    const all = await runtime.database.query(`select from nightshift.runs where job = 'doubling'`);
    expect(all).toHaveLength(4 * keys.length);
  },
  300_000,
);

test.concurrent('embedded, parents go on exactly once, however often the one process is killed', async () => {
  await using installation = await openTestInstallation('embedded', env);
  await installation.look(prepare);
  let started = await installation.launch(file, ['all']);
  const api = await installation.openApi();
  const keys = ['one', 'two', 'three', 'four', 'five'];
  const ids: string[] = [];
  for (const key of keys) {
    const payload = { deed: 'stages', key };
    ids.push((await api.post<{ id: string }>('/runs', { job: 'parent', payload })).id);
  }
  for (let times = 0; times < 3; times++) {
    await sleep(500);
    started.kill('SIGKILL');
    await started.ended();
    started = await installation.launch(file, ['all']);
  }
  const stateOf = async (id: string) => (await api.get<{ state: string }>(`/runs/${id}`)).state;
  for (const [i, key] of keys.entries()) {
    await until(async () => (await stateOf(ids[i]!)) === 'blocked', patience);
    await until(async () => {
      const { waits } = await api.get<{ waits: { event: string }[] }>(`/runs/${ids[i]!}`);
      return waits.some(({ event }) => event === 'end');
    }, patience);
    const body = { name: 'end', key, payload: 'over' };
    expect(await api.post('/events', body)).toEqual({ woken: 1 });
  }
  for (const id of ids) await until(async () => (await stateOf(id)) === 'succeeded', patience);
  await installation.stop();
  for (const one of await installation.look(listParents)) expect(one).toMatchObject(allWell);
}, 300_000);

test.concurrent('thousands that sleep outlive a wipe of Redis', async () => {
  await using server = await startRedisServer();
  await using runtime = await openTestRuntime('cluster', waitingJobs, { redisUrl: server.url });
  const redis = new Redis(server.url);
  const errors: unknown[] = [];
  const services = { ...runtime, onError: (error: unknown) => void errors.push(error) };
  const relay = await openRelay(services);
  const waker = await openWaker(services);
  const rescue = rescueDuty({ ...runtime, detectionMs });
  await rescue.run();
  await runtime.work({ concurrency: 50 });
  const { enqueueMany } = runtime.enqueuer;
  const payloads = (count: number, n: number) =>
    Array.from({ length: count }, () => ({ deed: 'sleep ms', n }));
  const long = await enqueueMany('parent', payloads(2000, 3_600_000));
  const asleep = async () =>
    (
      await runtime.database.query<{ count: number }>(
        `select count(*)::int as count from nightshift.runs
         where state = 'queued' and attempt = 1 and run_at > now() and error->>'name' = 'Sleeping'`,
      )
    )[0]!.count;
  await until(async () => (await asleep()) === long.length, patience);
  const short = await enqueueMany('parent', payloads(50, 6000));
  await until(async () => (await runtime.queues.counts('parent')).delayed === 2050, patience);
  await redis.flushall();
  expect(await rescue.run()).toMatchObject({ wiped: true, lost: 2050 });
  await until(async () => (await runtime.queues.counts('parent')).delayed >= 2000, patience);
  await until(async () => {
    const ended = await runtime.database.query<{ state: string; attempt: number }>(
      `select state, attempt from nightshift.runs where id = any($1::uuid[]) and finished_at is not null`,
      [short],
    );
    for (const one of ended) expect(one).toEqual({ state: 'succeeded', attempt: 2 });
    return ended.length === short.length;
  }, patience);
  expect(await asleep()).toBe(long.length);
  await waker.close();
  await relay.close();
  redis.disconnect();
}, 300_000);
