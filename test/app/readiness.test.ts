import { expect, test } from 'vitest';
import { control, web } from '../../src/app/kinds.ts';
import { openWatch } from '../../src/app/readiness.ts';
import type { System } from '../../src/app/system.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';
import { plant } from '../support/schedules.ts';

const job = jobOf('digest', () => Promise.resolve());

test('a firing that no control plane makes is told by every process, which does its work all the same', async () => {
  await using runtime = await openTestRuntime('postgres', [job]);
  await plant(runtime, [defineSchedule({ name: 'digest', job, payload: {}, cron: '@daily' })]);
  const watches = [web, control].map((kind) => openWatch(runtime as unknown as System, kind));
  const schedules = () =>
    Promise.all(
      watches.map(async (watch) =>
        (await watch.readiness()).components.find(({ name }) => name === 'schedules'),
      ),
    );
  const fine = { name: 'schedules', state: 'ready' };
  expect(await schedules()).toEqual([fine, fine]);
  await runtime.database.query(
    `update nightshift.schedules set next_due = now() - interval '61 seconds'`,
  );
  const missed = {
    name: 'schedules',
    state: 'degraded',
    says: expect.stringMatching(/^The schedule digest was to fire at .* within its grace of 1m\./),
  };
  expect(await schedules()).toEqual([missed, missed]);
  expect((await watches[0]!.readiness()).ready).toBe(true);
  await runtime.database.query(`update nightshift.schedules set paused_at = now()`);
  expect(await schedules()).toEqual([fine, fine]);
});
