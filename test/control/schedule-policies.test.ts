import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Control, openControl } from '../../src/control/index.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import type { OverlapPolicy } from '../../src/core/schedule-rules.ts';
import { type FiringRow, listFirings } from '../../src/ledger/index.ts';
import {
  createSchedule,
  editSchedule,
  openRelay,
  pauseSchedule,
  type Relay,
  resumeSchedule,
} from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, scheduleServices, timersOf } from '../support/schedules.ts';
import { until } from '../support/until.ts';

/** Takes longer than the time between two firings, and says for which moment it was. */
const slow = jobOf('slow', async (ctx) => {
  await sleep(2500, undefined, { signal: ctx.signal });
  return ctx.run.schedule;
});
const patience = { timeoutMs: 60_000 };

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let control: Control;
  let relay: Relay;
  let errors: unknown[];
  const onError = (error: unknown) => void errors.push(error);
  beforeEach(async () => {
    errors = [];
    runtime = await openTestRuntime(footprint, [slow]);
    relay = await openRelay({ ...runtime, onError });
    await runtime.work();
    const { database } = runtime;
    control = await openControl({ database, duties: [], timers: timersOf(runtime), onError });
  });
  afterEach(async () => {
    await control.close();
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  const firings = async (name = 'tick') =>
    (await listFirings(runtime.database, name, { limit: 1000 })).reverse();
  const runs = () =>
    runtime.database.query<{ state: string; started: number; finished: number; result: unknown }>(
      `select state, result, extract(epoch from started_at)::float8 as started,
         extract(epoch from finished_at)::float8 as finished
       from nightshift.runs order by due`,
    );
  const count = async (state: string) => (await runs()).filter((run) => run.state === state).length;

  async function tick(overlap: OverlapPolicy): Promise<void> {
    const rules = { cron: '* * * * * *', overlap } as const;
    await plant(runtime, [defineSchedule({ name: 'tick', job: slow, payload: {}, ...rules })]);
  }

  /** Ends the schedule, and answers its firings once nothing goes on any more. */
  async function settle(): Promise<FiringRow[]> {
    await pauseSchedule(scheduleServices(runtime), 'tick', {});
    await until(async () => (await runs()).every(({ finished }) => finished !== null), patience);
    return firings();
  }

  test('queue: a run begins when the one before has ended, soon after it, and none is lost', async () => {
    await tick('queue');
    await until(async () => (await count('succeeded')) >= 3, patience);
    const all = await settle();
    const ended = await runs();
    for (const [i, { started }] of ended.entries())
      if (i > 0) expect(started - ended[i - 1]!.finished).toBeGreaterThanOrEqual(0);
    // It is told of an end, and does not wait for the next look.
    expect(ended[1]!.started - ended[0]!.finished).toBeLessThan(4);
    expect(all.filter(({ state, why }) => state === 'skipped' && why !== 'paused')).toEqual([]);
    expect(all.filter(({ state }) => state === 'waiting').length).toBeGreaterThan(2);
    expect(ended[0]!.result).toMatchObject({ name: 'tick', due: all[0]!.due.toISOString() });
    expect(errors).toEqual([]);
  }, 120_000);

  test('skip: what comes meanwhile is skipped, and written down', async () => {
    await tick('skip');
    await until(async () => (await count('succeeded')) >= 2, patience);
    const all = await settle();
    const ended = await runs();
    expect(ended[1]!.started).toBeGreaterThan(ended[0]!.finished);
    expect(all.filter(({ why }) => why === 'overlap').length).toBeGreaterThan(2);
    expect(errors).toEqual([]);
  }, 120_000);

  test('cancel old: the newest goes on, and the others are cancelled', async () => {
    await tick('cancel old');
    await until(async () => (await count('cancelled')) >= 3, patience);
    await settle();
    const ended = await runs();
    expect(ended.slice(0, -1).map(({ state }) => state)).toEqual(
      Array<string>(ended.length - 1).fill('cancelled'),
    );
    expect(ended.at(-1)!.state).toBe('succeeded');
    expect(errors).toEqual([]);
  }, 120_000);

  test('what a person changes is heard of at once, without a restart', async () => {
    const services = scheduleServices(runtime);
    const mine = { name: 'mine', job: 'slow', payload: {}, rules: { every: '300d' } } as const;
    await createSchedule(services, mine, {});
    const began = performance.now();
    const edit = { rules: { every: '1s' }, doing: {} } as const;
    await editSchedule(services, 'mine', edit);
    await until(async () => (await firings('mine')).length >= 2, patience);
    // Every minute all timers are set anew; nobody had to wait for that.
    expect(performance.now() - began).toBeLessThan(30_000);
    await pauseSchedule(services, 'mine', {});
    const before = (await firings('mine')).filter(({ run }) => run !== null).length;
    await until(async () => (await firings('mine')).at(-1)?.why === 'paused', patience);
    expect((await firings('mine')).filter(({ run }) => run !== null)).toHaveLength(before);
    await resumeSchedule(services, 'mine');
    await until(
      async () => (await firings('mine')).filter(({ run }) => run !== null).length > before,
      patience,
    );
    expect(errors).toEqual([]);
  }, 120_000);
});
