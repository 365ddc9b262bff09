import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Control, openControl } from '../../src/control/index.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { openCatalogue, openRelay } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, timersOf } from '../support/schedules.ts';
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
  readonly run: string | null;
  readonly state: string | null;
}

/** Every firing with the state of its run. */
const listFired = (database: Database) =>
  database.query<Fired>(
    `select f.due, f.run_id as run, r.state from nightshift.firings f
     left join nightshift.runs r on r.id = f.run_id and r.schedule = f.schedule order by f.due`,
  );

/** Every second is one row; what fired has one run of its own, and no run was made beside them. */
async function expectOnce(database: Database): Promise<void> {
  const all = await listFired(database);
  const seconds = all.map(({ due }) => due.getTime());
  const first = seconds[0]!;
  expect(seconds).toEqual(seconds.map((_, i) => first + i * 1000));
  const fired = all.filter(({ run }) => run !== null);
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
    await plant(runtime, schedules);
  });
  afterEach(async () => {
    await Promise.all(controls.map((control) => control.close()));
    await runtime[Symbol.asyncDispose]();
  });

  async function control(database = runtime.database): Promise<void> {
    const timers = timersOf({ database, catalogue });
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

  test('a control plane that starts again goes on, and leaves no moment of an hour without an answer', async () => {
    const { database } = runtime;
    await database.query(
      `update nightshift.schedules set next_due = date_trunc('second', now()) - interval '1 hour'`,
    );
    await control();
    const caughtUp = () =>
      database.query(
        `select from nightshift.schedules where next_due > now() - interval '3 seconds'`,
      );
    await until(async () => (await caughtUp()).length > 0, patience);
    await controls.pop()!.close();
    const all = await listFired(database);
    expect(all.length).toBeGreaterThan(3600);
    // A minute of it was within its grace, and for the rest the next moment stood.
    const skipped = all.filter(({ run }) => run === null);
    expect(skipped.length).toBeGreaterThan(3500);
    expect(skipped.at(-1)!.due < all.find(({ run }) => run !== null)!.due).toBe(true);
    await expectOnce(database);
  }, 120_000);
});
