import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const patience = { timeoutMs: 90_000, everyMs: 100 };
const workers = join(import.meta.dirname, '../../workers');
const fixture = new URL('fixtures/process.ts', import.meta.url).pathname;
const settings = { NIGHTSHIFT_DATABASE_CONNECTIONS: '8' };

let installation: TestInstallation;
afterEach(() => installation[Symbol.asyncDispose]());

/** An installation with the table that the jobs of the fixture write to. */
async function open(footprint: 'postgres' | 'cluster', more: Record<string, string> = {}) {
  installation = await openTestInstallation(footprint, { ...settings, ...more });
  await query('create table public.work (run uuid, pid int)');
}

function query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
  return installation.look((database) => database.query<Row>(text, values));
}

/** Starts processes of the fixture, which has the jobs nap (general) and lift (heavy). */
function launch(...kinds: string[]): Promise<TestProcess[]> {
  return Promise.all(kinds.map((kind) => installation.launch(fixture, [kind])));
}

async function enqueue(web: TestProcess, job: string, payload: unknown): Promise<string> {
  const url = `${await urlOf(web)}/api/v1/runs`;
  const { status, body } = await ask<{ id: string }>(
    url,
    { job, payload },
    await installation.key(),
  );
  expect(status).toBe(202);
  return body.id;
}

async function findRun(web: TestProcess, id: string): Promise<Run> {
  const url = `${await urlOf(web)}/api/v1/runs/${id}`;
  return (await ask<Run>(url, undefined, await installation.key())).body;
}

async function waitForAll(states: string): Promise<void> {
  await until(
    async () =>
      (await query(`select id from nightshift.runs where state not in (${states})`)).length === 0,
    patience,
  );
}

/** Each run has succeeded in its first attempt, and its work was done once. */
async function expectEachDoneOnce(count: number): Promise<void> {
  const runs = await query(
    `select state, attempt, failures, losses, count(*)::int as runs
     from nightshift.runs group by 1, 2, 3, 4`,
  );
  expect(runs).toEqual([{ state: 'succeeded', attempt: 1, failures: 0, losses: 0, runs: count }]);
  const done = await query('select run from public.work');
  expect(done).toHaveLength(count);
  expect(new Set(done.map((row) => (row as { run: string }).run)).size).toBe(count);
}

async function terminate(...processes: TestProcess[]): Promise<(number | string)[]> {
  for (const one of processes) one.kill('SIGTERM');
  return Promise.all(processes.map((one) => one.ended()));
}

describe.each(['postgres', 'cluster'] as const)('on %s', (footprint) => {
  test('a run that web accepts is done by a general worker, and SIGTERM ends every kind with status 0', async () => {
    await open(footprint);
    const files = ['web', 'control', 'general', 'general', 'heavy'];
    const started = await Promise.all(
      files.map((file) => installation.launch(join(workers, `${file}.ts`))),
    );
    const [web, control, ...others] = started as [TestProcess, TestProcess, TestProcess];
    const id = await enqueue(web, 'mail-triage', { mailbox: installation.folder });
    await until(async () => (await findRun(web, id)).state === 'succeeded', patience);
    const rows = await query<{ pid: number }>(
      `select w.pid from nightshift.workers w join nightshift.runs r on r.worker = w.id where r.id = $1`,
      [id],
    );
    expect(others.slice(0, 2).map(({ pid }) => pid)).toContain(rows[0]?.pid);
    const { body } = await ask<{ schedules: unknown[] }>(
      `${await urlOf(web)}/api/v1/schedules`,
      undefined,
      await installation.key(),
    );
    expect(body.schedules).toHaveLength(1);
    for (const one of [control, ...others])
      expect(await ask(`${await urlOf(one)}/health/ready`)).toMatchObject({ status: 200 });
    expect(await terminate(...started)).toEqual(files.map(() => 0));
    expect(await query('select id from nightshift.workers where stopped_at is null')).toEqual([]);
  }, 240_000);

  test('four workers share the load, and each run is done once', async () => {
    await open(footprint, { NIGHTSHIFT_CONCURRENCY: '2' });
    const [web, ...four] = (await launch('web', ...Array<string>(4).fill('general'))) as [
      TestProcess,
      ...TestProcess[],
    ];
    const count = 160;
    await Promise.all(Array.from({ length: count }, () => enqueue(web, 'nap', { ms: 50 })));
    await waitForAll(`'succeeded'`);
    await expectEachDoneOnce(count);
    const shares = await query<{ pid: number }>('select distinct pid from public.work');
    expect(new Set(shares.map(({ pid }) => pid))).toEqual(new Set(four.map(({ pid }) => pid)));
  }, 240_000);

  test('a heavy job waits for a heavy worker', async () => {
    await open(footprint);
    const [web, general] = (await launch('web', 'general')) as [TestProcess, TestProcess];
    const heavyId = await enqueue(web, 'lift', {});
    const generalId = await enqueue(web, 'nap', {});
    await until(async () => (await findRun(web, generalId)).state === 'succeeded', patience);
    expect(await findRun(web, heavyId)).toMatchObject({ state: 'queued', attempt: 0 });
    const [heavy] = (await launch('heavy')) as [TestProcess];
    await until(async () => (await findRun(web, heavyId)).state === 'succeeded', patience);
    expect(await query('select run, pid from public.work order by run')).toEqual(
      [
        { run: heavyId, pid: heavy.pid },
        { run: generalId, pid: general.pid },
      ].sort((a, b) => (a.run < b.run ? -1 : 1)),
    );
  }, 240_000);

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s gives back what does not finish in time, without a failure, and another worker does it',
    async (signal) => {
      await open(footprint, { NIGHTSHIFT_GRACE: '0s' });
      const [web, first] = (await launch('web', 'general')) as [TestProcess, TestProcess];
      const id = await enqueue(web, 'nap', { ms: 3000 });
      await until(async () => (await findRun(web, id)).state === 'active', patience);
      first.kill(signal);
      expect(await first.ended()).toBe(0);
      expect(await findRun(web, id)).toMatchObject({ state: 'queued', failures: 0, losses: 0 });
      await launch('general');
      await until(async () => (await findRun(web, id)).state === 'succeeded', patience);
      expect(await findRun(web, id)).toMatchObject({ attempt: 2, failures: 0, losses: 0 });
    },
    240_000,
  );

  test('a rolling replacement of workers loses nothing, and nothing fails', async () => {
    await open(footprint);
    const [web, ...old] = (await launch('web', 'general', 'general')) as [
      TestProcess,
      ...TestProcess[],
    ];
    const count = 120;
    let accepted = 0;
    const producing = (async () => {
      for (; accepted < count; accepted++) await enqueue(web, 'nap', { ms: 200 });
    })();
    for (const one of old) {
      await until(() => accepted > 5, patience);
      await launch('general');
      expect(await terminate(one)).toEqual([0]);
    }
    await producing;
    await waitForAll(`'succeeded'`);
    await expectEachDoneOnce(count);
  }, 240_000);
});
