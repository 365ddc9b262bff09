import { expect, test } from 'vitest';
import { type Control, listDuties, openControl } from '../../src/control/index.ts';
import type { Duty } from '../../src/core/duty.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { openDatabase } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { openCatalogue } from '../../src/runtime/index.ts';
import { openTestFootprint } from '../support/footprint.ts';
import { startProcess } from '../support/process.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, timersOf } from '../support/schedules.ts';
import { until } from '../support/until.ts';

const job = jobOf('ticking', (_, payload) => Promise.resolve(payload));
const catalogue = openCatalogue([job]);
const schedules = [defineSchedule({ name: 'every-second', job, payload: {}, cron: '* * * * * *' })];
const stuckControl = new URL('fixtures/stuck-control.ts', import.meta.url).pathname;
/** Far beyond the 15 s that it takes: a slow machine is no fault. */
const patience = { timeoutMs: 60_000 };

async function openControlOn(
  { database }: Pick<TestRuntime, 'database'>,
  duties: readonly Duty[],
): Promise<Control & AsyncDisposable & { readonly errors: unknown[] }> {
  const errors: unknown[] = [];
  const timers = timersOf({ database, catalogue });
  const onError = (error: unknown) => void errors.push(error);
  const control = await openControl({ database, duties, timers, onError });
  return { ...control, errors, [Symbol.asyncDispose]: () => control.close() };
}

const listFirings = ({ database }: TestRuntime) =>
  database.query<{ run: string | null }>(
    `select r.id as run from nightshift.firings f left join nightshift.runs r on r.id = f.run_id`,
  );

test.concurrent.each(['SIGKILL', 'SIGSTOP'] as const)(
  'duties and timers of a control plane that got %s in the middle of both go on in another, and nothing fires twice',
  async (signal) => {
    await using runtime = await openTestRuntime('postgres', [job]);
    await plant(runtime, schedules);
    await using doomed = startProcess(stuckControl, [JSON.stringify(runtime.place.database)]);
    // Alone at first: two that poll in step would leave every timer to the same one of them.
    await doomed.line(/^fires every-second/);
    await doomed.line(/^begins the duty/);
    let passes = 0;
    await using control = await openControlOn(runtime, [
      { name: 'ticking', periodSeconds: 1, run: () => Promise.resolve(++passes) },
    ]);
    expect(passes).toBe(0);
    const before = (await listFirings(runtime)).length;
    doomed.kill(signal);
    const stoppedAt = performance.now();
    const since = () => ((performance.now() - stoppedAt) / 1000).toFixed(1);
    const takenOver = [
      until(async () => (await listFirings(runtime)).length > before, patience).then(since),
      until(() => passes >= 1, patience).then(since),
    ];
    const [timers, duties] = await Promise.all(takenOver);
    console.info(`after ${signal}: timers taken over in ${timers} s, duties in ${duties} s`);
    await until(async () => (await listFirings(runtime)).length >= before + 3, patience);
    await until(() => passes >= 3, patience);
    await control.close();
    expect(control.errors).toEqual([]);
    const runs = (await listFirings(runtime)).map(({ run }) => run);
    // Nothing was so late that another moment would have stood for it.
    expect(runs).not.toContain(null);
    const [gap] = await runtime.database.query<{ seconds: number }>(
      `select extract(epoch from max(due) - min(due))::int + 1 as seconds from nightshift.firings`,
    );
    expect(gap).toEqual({ seconds: runs.length });
    expect(new Set(runs).size).toBe(runs.length);
    expect(await runtime.database.query('select id from nightshift.runs')).toHaveLength(
      runs.length,
    );
  },
  180_000,
);

test('a duty that a killed process was at goes on in the next one that has the data folder', async () => {
  await using place = await openTestFootprint('embedded', ledgerMigrations);
  await using doomed = startProcess(stuckControl, [JSON.stringify(place.database)]);
  await doomed.line(/^is known to be at work/, patience.timeoutMs);
  doomed.kill('SIGKILL');
  await doomed.ended();
  const database = await openDatabase(place.database);
  let passes = 0;
  const duty = { name: 'ticking', periodSeconds: 1, run: () => Promise.resolve(++passes) };
  const control = await openControlOn({ database }, [duty]);
  // Less than the minute for which pg-boss would go on believing in the dead.
  await until(() => passes >= 2, { timeoutMs: 30_000 });
  await control.close();
  await database.close();
}, 120_000);

test('a control plane that is told to stop hands over at once, and nobody is late', async () => {
  await using runtime = await openTestRuntime('postgres', [job]);
  await using other = await openDatabase(runtime.place.database).then((database) => ({
    database,
    [Symbol.asyncDispose]: () => database.close(),
  }));
  const passes = [0, 0];
  const dutyOf = (process: number): Duty => ({
    name: 'ticking',
    periodSeconds: 1,
    run: () => Promise.resolve({ passes: ++passes[process]! }),
  });
  await using first = await openControlOn(runtime, [dutyOf(0)]);
  await until(() => passes[0]! >= 1, patience);
  await using second = await openControlOn(other, [dutyOf(1)]);
  await first.close();
  const before = passes[1]!;
  await until(() => passes[1]! >= before + 3, patience);
  const duties = await listDuties(runtime.database);
  expect(duties.map(({ name, late, failures }) => [name, late, failures])).toEqual([
    ['ticking', false, 0],
    ['timers', false, 0],
  ]);
  expect(duties[0]).toMatchObject({ answer: { passes: expect.any(Number) }, error: null });
  await second.close();
}, 120_000);

test('a control plane without duties of its own works, and a dead one shows as late', async () => {
  await using runtime = await openTestRuntime('postgres', [job]);
  await using control = await openControlOn(runtime, []);
  await until(async () => (await listDuties(runtime.database))[0]?.endedAt, patience);
  await control.close();
  await runtime.database.query(
    `update nightshift.duties set due_at = due_at - interval '76 seconds'`,
  );
  expect(await listDuties(runtime.database)).toMatchObject([{ name: 'timers', late: true }]);
}, 120_000);

test('a duty that fails says so with its error, and is tried again', async () => {
  await using runtime = await openTestRuntime('postgres', [job]);
  let passes = 0;
  const run = () =>
    ++passes <= 2 ? Promise.reject(new Error('no such luck')) : Promise.resolve('fine');
  await using control = await openControlOn(runtime, [{ name: 'unlucky', periodSeconds: 1, run }]);
  const unlucky = async () =>
    (await listDuties(runtime.database)).find(({ name }) => name === 'unlucky')!;
  await until(async () => (await unlucky()).failures === 2, patience);
  expect(await unlucky()).toMatchObject({ error: 'no such luck', failedAt: expect.any(Date) });
  await until(async () => (await unlucky()).failures === 0, patience);
  expect(await unlucky()).toMatchObject({ answer: 'fine', error: 'no such luck' });
  expect(control.errors).toHaveLength(2);
}, 120_000);
