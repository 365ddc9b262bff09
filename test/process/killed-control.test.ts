import { expect, test } from 'vitest';
import { openControl } from '../../src/control/index.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { openCatalogue, plantSchedules, scheduleTimers } from '../../src/runtime/index.ts';
import { startProcess } from '../support/process.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const ticking = jobOf('ticking', (_, payload) => Promise.resolve(payload));
const catalogue = openCatalogue([ticking]);
const schedules = [
  defineSchedule({ name: 'every-second', job: ticking, payload: {}, cron: '* * * * * *' }),
];
const now = () => new Date();
const stuckControl = new URL('fixtures/stuck-control.ts', import.meta.url).pathname;

test('a control plane killed in the middle of a firing is taken over, and nothing fires twice', async () => {
  await using runtime = await openTestRuntime('postgres', [ticking]);
  const { database } = runtime;
  const listFirings = () =>
    database.query<{ run: string | null }>(
      `select r.id as run from nightshift.firings f left join nightshift.runs r on r.id = f.run_id`,
    );
  await plantSchedules(database, { catalogue, schedules, now: now() });
  // Both take timers; the doomed one keeps the first that it gets, and its transaction open.
  await using doomed = startProcess(stuckControl, [], { env: runtime.place.env });
  const errors: unknown[] = [];
  const control = await openControl({
    database,
    duties: [{ name: 'idle', periodSeconds: 3600, run: () => Promise.resolve() }],
    timers: scheduleTimers({ sql: database, catalogue, now }),
    onError: (error) => void errors.push(error),
  });
  await using _ = { [Symbol.asyncDispose]: () => control.close() };
  await doomed.line(/^fires every-second/, 60_000);
  const before = (await listFirings()).length;
  doomed.kill('SIGKILL');
  await doomed.ended();
  const killedAt = performance.now();
  await until(async () => (await listFirings()).length >= before + 3, { timeoutMs: 60_000 });
  // pg-boss takes away what was not heard of for 10 s, and looks every 2 s.
  expect(performance.now() - killedAt).toBeLessThan(20_000);
  await control.close();
  expect(errors).toEqual([]);
  const runs = (await listFirings()).map(({ run }) => run);
  expect(runs).not.toContain(null);
  expect(new Set(runs).size).toBe(runs.length);
  expect(await database.query('select id from nightshift.runs')).toHaveLength(runs.length);
}, 180_000);
