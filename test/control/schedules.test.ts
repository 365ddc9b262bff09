import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Control, openControl } from '../../src/control/index.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import {
  openCatalogue,
  openRelay,
  plantSchedules,
  scheduleTimers,
} from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const ticking = jobOf('ticking', (_, payload) => Promise.resolve(payload));
const catalogue = openCatalogue([ticking]);
const schedules = [
  defineSchedule({
    name: 'every-second',
    job: ticking,
    payload: { tick: true },
    cron: '* * * * * *',
  }),
];
const patience = { timeoutMs: 60_000 };

interface Fired {
  readonly due: Date;
  readonly run: string;
  readonly state: string | null;
}

/** Every firing with the state of its run. */
const listFired = (database: Database) =>
  database.query<Fired>(
    `select f.due, f.run_id as run, r.state from nightshift.firings f
     left join nightshift.runs r on r.id = f.run_id and r.schedule = f.schedule order by f.due`,
  );

/** Each firing is one row with one run of its own, and no run was made beside them. */
async function expectOnce(database: Database): Promise<void> {
  const fired = await listFired(database);
  const runs = await database.query('select id from nightshift.runs where schedule is not null');
  expect(fired.every(({ state }) => state !== null)).toBe(true);
  expect(new Set(fired.map(({ run }) => run)).size).toBe(fired.length);
  expect(runs).toHaveLength(fired.length);
  expect(fired.every(({ due }) => due.getMilliseconds() === 0)).toBe(true);
}

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let controls: Control[];
  let errors: unknown[];
  beforeEach(async () => {
    runtime = await openTestRuntime(footprint, [ticking]);
    controls = [];
    errors = [];
    await plantSchedules(runtime.database, { catalogue, schedules });
  });
  afterEach(async () => {
    await Promise.all(controls.map((control) => control.close()));
    await runtime[Symbol.asyncDispose]();
  });

  async function control(database = runtime.database): Promise<void> {
    const timers = scheduleTimers({ sql: database, catalogue });
    const onError = (error: unknown) => void errors.push(error);
    controls.push(
      await openControl({
        database,
        duties: [{ name: 'idle', periodSeconds: 3600, run: () => Promise.resolve() }],
        timers,
        onError,
      }),
    );
  }

  test('each firing is one row and one run, which is delivered and ends', async () => {
    const relay = await openRelay({ ...runtime, onError: (error) => void errors.push(error) });
    await runtime.work();
    await control();
    const ended = async () =>
      (await listFired(runtime.database)).filter(({ state }) => state === 'succeeded').length >= 3;
    await until(ended, patience);
    await controls.pop()!.close();
    await expectOnce(runtime.database);
    await relay.close();
    expect(errors).toEqual([]);
  }, 120_000);

  test('two control planes at once fire each once', async () => {
    const other = footprint === 'embedded' ? undefined : await openDatabase(runtime.place.database);
    await Promise.all([control(), control(other)]);
    await until(async () => (await listFired(runtime.database)).length >= 4, patience);
    await Promise.all(controls.splice(0).map((one) => one.close()));
    await other?.close();
    await expectOnce(runtime.database);
    expect(errors).toEqual([]);
  }, 120_000);

  test('a control plane that starts again goes on, and fires once for what it missed', async () => {
    await control();
    await until(async () => (await listFired(runtime.database)).length >= 1, patience);
    await controls.pop()!.close();
    const before = await listFired(runtime.database);
    await runtime.database.query(
      `update nightshift.schedules set next_due = date_trunc('second', now()) - interval '1 hour'`,
    );
    await control();
    await until(
      async () => (await listFired(runtime.database)).length >= before.length + 2,
      patience,
    );
    await controls.pop()!.close();
    const missed = (await listFired(runtime.database)).filter(({ due }) => due < before[0]!.due);
    expect(missed).toHaveLength(1);
    await expectOnce(runtime.database);
  }, 120_000);
});
