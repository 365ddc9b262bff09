import { join } from 'node:path';
import { expect, test } from 'vitest';
import { examine } from '../../src/app/component.ts';
import { widerComponents } from '../../src/app/health.ts';
import { web } from '../../src/app/kinds.ts';
import { openWatch } from '../../src/app/readiness.ts';
import type { System } from '../../src/app/system.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';

const digest = jobOf('digest', () => Promise.resolve());
const triage = jobOf('triage', () => Promise.resolve());

function systemOf(runtime: TestRuntime, archive: string): System {
  const config = { runtime: { detectionMs: 15_000 }, database: runtime.place.database, archive };
  return { ...runtime, config } as unknown as System;
}

async function open() {
  const runtime = await openTestRuntime('postgres', [digest, triage]);
  const folder = await temporaryFolder();
  const system = systemOf(runtime, join(folder.path, 'not/there/yet'));
  return {
    runtime,
    system,
    async find(name: string) {
      return examine(widerComponents(system).find((one) => one.name === name)!);
    },
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('that no worker runs a job is told, by its name, and what to do', async () => {
  await using place = await open();
  expect(await place.find('workers')).toMatchObject({
    state: 'degraded',
    says: 'No worker is alive.',
    todo: expect.stringContaining('nightshift worker'),
  });
  const worker = await place.runtime.work();
  expect(await place.find('workers')).toMatchObject({ state: 'ready' });
  await place.runtime.database.query(
    `update nightshift.workers set jobs = '{digest}' where id = $1`,
    [worker.id],
  );
  expect(await place.find('workers')).toMatchObject({ says: 'No living worker runs: triage.' });
});

test('a control plane that is away is told of from its rows', async () => {
  await using place = await open();
  const { database } = place.runtime;
  expect(await place.find('control-plane')).toMatchObject({ state: 'degraded' });
  await database.query(`insert into nightshift.duties (name, period_seconds) values ('rescue', 5)`);
  expect(await place.find('control-plane')).toMatchObject({ state: 'ready' });
  await database.query(`update nightshift.duties set due_at = now() - interval '1 hour'`);
  expect(await place.find('control-plane')).toMatchObject({
    state: 'degraded',
    says: 'Nobody carries out: rescue.',
    todo: expect.stringContaining('nightshift control'),
  });
});

test('a folder that is not there yet is looked at where it will be', async () => {
  await using place = await open();
  expect(await place.find('disk-archive')).toMatchObject({ state: 'ready' });
});

test('a disk that is full or cannot be written is told with the folder that lies on it', async () => {
  await using place = await open();
  const [disk] = widerComponents(systemOf(place.runtime, '/proc/sys/kernel')).slice(-1);
  expect(await examine(disk!)).toMatchObject({
    name: 'disk-archive',
    state: 'degraded',
    says: expect.stringContaining('/proc/sys/kernel'),
    todo: expect.stringContaining('NIGHTSHIFT_ARCHIVE'),
  });
});

test('with something degraded the whole is degraded and ready; with the database away it is down', async () => {
  await using place = await open();
  const watch = openWatch(place.system, web);
  expect(await watch.health()).toMatchObject({ state: 'degraded', ready: true });
  await place.runtime.database.query(
    `insert into nightshift.duties (name, period_seconds) values ('rescue', 5)`,
  );
  const worker = await place.runtime.work();
  const { state, components } = await watch.health();
  expect([state, components.filter((one) => one.state !== 'ready')]).toEqual(['up', []]);
  for (const { latencyMs } of components) expect(latencyMs).toBeGreaterThanOrEqual(0);
  expect((await watch.readiness()).components.map((one) => Object.keys(one).sort())).toEqual(
    Array.from({ length: 3 }, () => ['name', 'state']),
  );
  await worker.stop(0);
  await place.runtime.database.close();
  expect(await watch.health()).toMatchObject({ state: 'down', ready: false });
});
