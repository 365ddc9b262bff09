import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defineSchedule } from '../../src/core/schedule.ts';
import type { ScheduleRuleOptions } from '../../src/core/schedule-rules.ts';
import { findRun, listFirings, listSchedules, newId } from '../../src/ledger/index.ts';
import {
  backfillSchedule,
  createSchedule,
  editSchedule,
  listMissed,
  missedDuty,
  pauseSchedule,
  previewSchedule,
  removeSchedule,
  resetSchedule,
  resumeSchedule,
  runSchedule,
  stateOf,
} from '../../src/runtime/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, scheduleServices, timersOf } from '../support/schedules.ts';
import { won } from '../support/won.ts';

const job = jobOf('digest', () => Promise.resolve());
const narrow = jobOf('narrow', () => Promise.resolve(), {
  maxQueued: { runs: 1, whenFull: 'reject' },
});
const daily = { name: 'digest', job, payload: {}, cron: '0 9 * * *' } as const;
const hourly = { ...daily, cron: '0 * * * *' } as const;

describe.each(['embedded', 'postgres'] as const)('schedules on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let heard: Error[];
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [job, narrow]);
  });
  beforeEach(async () => {
    heard = [];
    for (const table of ['schedules', 'firings', 'runs', 'outbox'])
      await runtime.database.query(`delete from nightshift.${table}`);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  const onError = (error: unknown) => void heard.push(error as Error);
  const services = () => scheduleServices({ ...runtime, onError });
  const config = (...all: (ScheduleRuleOptions & { readonly name: string })[]) =>
    plant(
      { ...runtime, onError },
      all.map((one) => defineSchedule({ job, payload: {}, ...one })),
    );

  /** The control plane looks at the schedule, as it would when its timer goes off. */
  async function look(name = 'digest') {
    const timers = timersOf({ ...runtime, onError });
    const fired = await runtime.database.transaction((tx) => timers.fire(tx, name));
    await fired.afterCommit?.();
    return fired.next;
  }

  /** So many of its moments have come and were not looked at: the schedule was last decided about that long ago. */
  async function miss(hours: number, name = 'digest'): Promise<void> {
    await runtime.database.query(
      `update nightshift.schedules set next_due = date_trunc('hour', now()) - ($2 - 1) * interval '1 hour' where name = $1`,
      [name, hours],
    );
  }

  const one = async (name = 'digest') =>
    (await listSchedules(runtime.database)).find((schedule) => schedule.name === name);
  const firings = async (name = 'digest') =>
    (await listFirings(runtime.database, name, { limit: 1000 })).reverse();
  /** `fired, skipped misfire`: what became of each, oldest first. */
  const fates = async (name = 'digest') =>
    (await firings(name))
      .map(({ state, why }) => [state, why].filter(Boolean).join(' '))
      .join(', ');
  /** A worker has the run, or it has ended. */
  async function begin(run: string): Promise<void> {
    const { delivery } = await findRun(runtime.database, run);
    won(await runtime.ledger.claim({ run, delivery, worker: newId() }));
  }
  async function end(run: string): Promise<void> {
    const { delivery, attempt } = await findRun(runtime.database, run);
    const outcome = { state: 'succeeded', result: null } as const;
    expect(await runtime.ledger.record({ fence: { run, delivery, attempt }, outcome })).toBe(true);
  }

  describe('a firing', () => {
    test('is a row with its run, which carries the moment that it stands for', async () => {
      await config({ ...hourly, grace: '2h' });
      await miss(1);
      const next = await look();
      const [fired] = await firings();
      expect(fired).toMatchObject({ state: 'fired', why: null, cause: 'schedule', missed: false });
      expect(fired!.lateMs).toBeGreaterThan(0);
      const run = await findRun(runtime.database, fired!.run!);
      expect(run).toMatchObject({ schedule: 'digest', due: fired!.due, state: 'queued' });
      expect(next).toEqual((await one())!.nextDue);
      expect(await look()).toEqual(next);
      expect(await firings()).toHaveLength(1);
    });

    test('that was missed is told of once, and each moment is written down', async () => {
      await config({ ...hourly, misfire: 'once', grace: '1s' });
      await miss(3);
      expect(await listMissed(runtime.database)).toMatchObject([{ name: 'digest' }]);
      const duty = missedDuty(runtime.database, onError);
      await duty.run();
      expect(await duty.run()).toEqual({ missed: 1 });
      expect(heard.map((error) => error.message)).toEqual([
        expect.stringContaining('The schedule digest was to fire at '),
      ]);
      await look();
      expect(await fates()).toBe('skipped misfire, skipped misfire, fired');
      expect((await firings()).map(({ missed }) => missed)).toEqual([true, true, true]);
      expect(await listMissed(runtime.database)).toEqual([]);
      expect(heard).toHaveLength(1);
    });

    test('that was missed while nobody looked is told of when it is made up for', async () => {
      await config({ ...hourly, grace: '1s' });
      await miss(1);
      await look();
      expect(heard).toMatchObject([{ code: 'schedule.missed' }]);
    });

    test('for which the queue of its job has no room is skipped, and the schedule goes on', async () => {
      const tick = {
        name: 'tick',
        job: narrow,
        payload: {},
        cron: '0 * * * *',
        grace: '9h',
      } as const;
      await plant({ ...runtime, onError }, [defineSchedule(tick)]);
      for (const expected of ['fired', 'fired, skipped full']) {
        await runtime.database.query(
          `update nightshift.schedules set next_due = clock_timestamp() - interval '1 second'`,
        );
        await look('tick');
        expect(await fates('tick')).toBe(expected);
      }
      expect((await one('tick'))!.nextDue!.getTime()).toBeGreaterThan(Date.now() - 60_000);
      await expect(runSchedule(services(), 'tick')).rejects.toMatchObject({ code: 'queue.full' });
    });

    test('of a job that this process does not know is left to one that does', async () => {
      await config({ ...hourly, grace: '2h' });
      await miss(1);
      await runtime.database.query(`update nightshift.schedules set job = 'newer'`);
      const next = await look();
      expect(next!.getTime()).toBeGreaterThan((await one())!.now.getTime());
      expect(await firings()).toEqual([]);
      expect(heard).toEqual([]);
    });
  });

  describe('overlap', () => {
    test('skip: while a run goes on, firings are skipped', async () => {
      await config({ ...hourly, overlap: 'skip', grace: '5h', misfire: 'all' });
      await miss(3);
      await look();
      expect(await fates()).toBe('fired, skipped overlap, skipped overlap');
    });

    test('queue: they wait, and go one after the other', async () => {
      await config({ ...hourly, overlap: 'queue', grace: '5h', misfire: 'all' });
      await miss(3);
      const told: string[] = [];
      const unlisten = await runtime.database.listen('nightshift_schedules', (name) => {
        told.push(name);
      });
      await look();
      expect(await fates()).toBe('fired, waiting overlap, waiting overlap');
      await look();
      expect(await fates()).toBe('fired, waiting overlap, waiting overlap');
      for (const [i, expected] of [
        'fired, fired, waiting overlap',
        'fired, fired, fired',
      ].entries()) {
        const { run } = (await firings())[i]!;
        await begin(run!);
        await end(run!);
        await look();
        expect(await fates()).toBe(expected);
      }
      await expect.poll(() => told).toEqual(['digest', 'digest']);
      await unlisten();
    });

    test('cancel old: the run that goes on makes way', async () => {
      await config({ ...hourly, overlap: 'cancel old', grace: '5h', misfire: 'all' });
      await miss(1);
      await look();
      const [first] = await firings();
      await begin(first!.run!);
      await config({ ...hourly, overlap: 'cancel old', grace: '6h', misfire: 'all' });
      await runtime.database.query(
        `update nightshift.schedules set next_due = next_due - interval '30 minutes'`,
      );
      await runtime.database.query(`update nightshift.schedules set next_due = now()`);
      await look();
      const [before, after] = await firings();
      expect(await findRun(runtime.database, before!.run!)).toMatchObject({
        state: 'cancelled',
        error: { message: 'the schedule digest fired anew' },
      });
      expect(await findRun(runtime.database, after!.run!)).toMatchObject({ state: 'queued' });
    });
  });

  describe('a person', () => {
    test('pauses: each firing is skipped and written down, until it is resumed', async () => {
      await config({ ...hourly, grace: '9h' });
      const paused = await pauseSchedule(services(), 'digest', { by: 'ada', reason: 'moving' });
      expect(paused).toMatchObject({ pausedBy: 'ada', pauseReason: 'moving' });
      expect(stateOf(paused)).toMatchObject({ state: 'paused', origin: 'config' });
      await miss(2);
      await config({ ...hourly, grace: '8h' });
      expect(await one()).toMatchObject({ pausedBy: 'ada', rules: { grace: '8h' } });
      await miss(2);
      const resumed = await resumeSchedule(services(), 'digest');
      expect(await fates()).toBe('skipped paused, skipped paused');
      expect(stateOf(resumed)).toMatchObject({ state: 'active' });
      await look();
      expect(await fates()).toBe('skipped paused, skipped paused');
    });

    test('edits: no deploy puts it back, a reset does', async () => {
      await config(daily);
      const edited = await editSchedule(services(), 'digest', {
        rules: { cron: '0 10 * * *' },
        doing: { by: 'ada' },
      });
      expect(edited).toMatchObject({ rules: { cron: '0 10 * * *' }, editedBy: 'ada' });
      expect(stateOf(edited).origin).toBe('edited');
      await config({ ...daily, cron: '0 11 * * *' });
      expect(await one()).toMatchObject({
        rules: { cron: '0 10 * * *' },
        planted: { rules: { cron: '0 11 * * *' } },
      });
      const reset = await resetSchedule(services(), 'digest');
      expect(reset).toMatchObject({ rules: { cron: '0 11 * * *' }, editedAt: null });
      expect(stateOf(reset).origin).toBe('config');
      await config({ ...daily, cron: '0 12 * * *' });
      expect(await one()).toMatchObject({ rules: { cron: '0 12 * * *' } });
    });

    test('edits an interval into a cron and back, and takes rules away', async () => {
      await config({ ...daily, jitter: '1m', calendar: 'DE', onHoliday: 'next working day' });
      const edit = (rules: object) => editSchedule(services(), 'digest', { rules, doing: {} });
      expect((await edit({ every: '2h', jitter: null })).rules).toEqual({
        every: '2h',
        timezone: 'UTC',
        calendar: 'DE',
        onHoliday: 'next working day',
        overlap: 'allow',
        misfire: 'once',
        grace: '1m',
      });
      const { rules } = await edit({ cron: '@daily', calendar: null });
      expect(rules).toEqual({
        cron: '@daily',
        timezone: 'UTC',
        overlap: 'allow',
        misfire: 'once',
        grace: '1m',
      });
    });

    test('edits, and what had come before is decided as it was', async () => {
      await config({ ...hourly, grace: '5h' });
      await miss(2);
      await editSchedule(services(), 'digest', { rules: { cron: '0 9 1 1 *' }, doing: {} });
      expect(await fates()).toBe('fired, fired');
      await miss(1);
      await config({ ...daily, name: 'other' });
      expect(stateOf((await one())!)).toMatchObject({ origin: 'created' });
    });

    test('creates and deletes: no deploy takes it away or brings it back', async () => {
      await config(daily);
      const mine = {
        name: 'mine',
        job: 'digest',
        payload: { a: 1 },
        rules: { every: '1h' },
      } as const;
      expect(stateOf(await createSchedule(services(), mine, { by: 'ada' })).origin).toBe('created');
      await expect(createSchedule(services(), mine, {})).rejects.toMatchObject({
        code: 'schedule.taken',
      });
      await removeSchedule(services(), 'digest', { by: 'ada' });
      await config({ ...daily, cron: '0 11 * * *' });
      expect((await listSchedules(runtime.database)).map(({ name }) => name)).toEqual(['mine']);
      await expect(resetSchedule(services(), 'mine')).rejects.toMatchObject({
        code: 'schedule.unplanted',
      });
      await expect(resetSchedule(services(), 'digest', ['other-*'])).rejects.toMatchObject({
        code: 'schedule.unplanted',
      });
      expect(await resetSchedule(services(), 'digest')).toMatchObject({
        rules: { cron: '0 11 * * *' },
      });
      await removeSchedule(services(), 'mine', {});
      await expect(removeSchedule(services(), 'mine', {})).rejects.toMatchObject({
        code: 'schedule.missing',
      });
      await removeSchedule(services(), 'digest', {});
      await config();
      // Config has forgotten it: so may we.
      expect(await runtime.database.query('select from nightshift.schedules')).toEqual([]);
    });

    test('is told what is wrong, and nothing is changed', async () => {
      await config(daily);
      const refuse = (rules: object) => editSchedule(services(), 'digest', { rules, doing: {} });
      await expect(refuse({ cron: '0 0 30 2 *' })).rejects.toMatchObject({
        code: 'schedule.invalid',
      });
      await expect(refuse({ timezone: 'Mars' })).rejects.toThrow('"Mars" is not a time zone');
      await expect(refuse({ calendar: 'XX' })).rejects.toMatchObject({ code: 'calendar.unknown' });
      await expect(refuse({ calendar: '/none.ics' })).rejects.toMatchObject({
        code: 'calendar.unreadable',
      });
      const strange = { name: 'x', job: 'digset', payload: {}, rules: { every: '1h' } } as const;
      await expect(createSchedule(services(), strange, {})).rejects.toThrow(
        'did you mean "digest"?',
      );
      await expect(pauseSchedule(services(), 'digst', {})).rejects.toThrow(
        'did you mean "digest"?',
      );
      expect(await one()).toMatchObject({ rules: { cron: '0 9 * * *' }, editedAt: null });
      expect(await listSchedules(runtime.database)).toHaveLength(1);
    });

    test('fires by hand: beside its moments, while it is paused too, and by its overlap policy', async () => {
      await config({ ...daily, overlap: 'skip' });
      const next = (await one())!.nextDue;
      await pauseSchedule(services(), 'digest', {});
      const { run, due } = await runSchedule(services(), 'digest');
      expect(await findRun(runtime.database, run!)).toMatchObject({ schedule: 'digest', due });
      expect(await firings()).toMatchObject([{ cause: 'by hand', state: 'fired', run }]);
      expect((await one())!.nextDue).toEqual(next);
      await expect(runSchedule(services(), 'digest')).rejects.toMatchObject({
        code: 'schedule.overlaps',
      });
      await config({ ...daily, overlap: 'queue' });
      expect(await runSchedule(services(), 'digest')).toMatchObject({ run: null });
      await resumeSchedule(services(), 'digest');
      await look();
      expect(await fates()).toBe('fired, waiting overlap');
      await begin(run!);
      await end(run!);
      await look();
      expect(await fates()).toBe('fired, fired');
    });
  });

  describe('a backfill', () => {
    const range = { name: 'digest', from: '2026-03-01', to: '2026-03-03' };

    test('previews, and makes up for each moment once, with its own due time', async () => {
      await config(daily);
      const preview = await backfillSchedule(services(), { ...range, dryRun: true });
      expect(preview).toEqual([
        { due: new Date('2026-03-01T09:00:00Z'), fate: 'fires' },
        { due: new Date('2026-03-02T09:00:00Z'), fate: 'fires' },
      ]);
      expect(await firings()).toEqual([]);
      await backfillSchedule(services(), { ...range, dryRun: false });
      const made = await firings();
      expect(made).toMatchObject([
        { due: preview[0]!.due, state: 'fired', cause: 'backfill' },
        { due: preview[1]!.due, state: 'fired', cause: 'backfill' },
      ]);
      expect(await findRun(runtime.database, made[1]!.run!)).toMatchObject({
        due: preview[1]!.due,
      });
      const again = await backfillSchedule(services(), {
        ...range,
        to: '2026-03-03T09:00',
        dryRun: false,
      });
      expect(again.map(({ fate }) => fate)).toEqual(['has fired', 'has fired', 'fires']);
      expect(await firings()).toHaveLength(3);
    });

    test('goes one after the other where runs may not overlap, and leaves holidays out', async () => {
      await config({ ...daily, overlap: 'skip', calendar: 'DE' });
      const made = await backfillSchedule(services(), {
        name: 'digest',
        from: '2025-12-24',
        to: '2025-12-28',
        dryRun: false,
      });
      expect(made.map(({ fate }) => fate)).toEqual(['waits', 'holiday', 'holiday', 'waits']);
      await look();
      expect(await fates()).toBe('fired, waiting overlap');
    });

    test('makes up for what was skipped', async () => {
      await config({ ...hourly, misfire: 'skip', grace: '1s' });
      await miss(2);
      await look();
      expect(await fates()).toBe('skipped misfire, skipped misfire');
      const [first, last] = (await firings()).map(({ due }) => due.toISOString());
      const order = { name: 'digest', from: first!, to: last!, dryRun: false };
      await backfillSchedule(services(), order);
      expect(await fates()).toBe('fired, fired');
    });

    test.each([
      ['2026-03-02', '2026-03-01', /2026-03-01 is before 2026-03-02/],
      ['2026-03-02', '2126-03-01', /2126-03-01 is not past/],
      ['tomorrow', '2026-03-01', /"tomorrow" is no time/],
    ])('from %s to %s is refused', async (from, to, message) => {
      await config(daily);
      await expect(
        backfillSchedule(services(), { name: 'digest', from, to, dryRun: false }),
      ).rejects.toMatchObject({
        code: 'schedule.backfill',
        message: expect.stringMatching(message),
      });
    });

    test('of too many moments is refused', async () => {
      await config({ name: 'digest', every: '1s' });
      await expect(
        backfillSchedule(services(), { ...range, to: '2026-03-02', dryRun: true }),
      ).rejects.toThrow('more than 10000 moments');
    });
  });

  test('a calendar file that is broken or gone holds its schedule, and nothing is lost when it is back', async () => {
    await using folder = await temporaryFolder();
    const calendar = join(folder.path, 'days.ics');
    await config({ ...hourly, calendar, grace: '5h' });
    await miss(2);
    expect((await look())!.getTime()).toBeGreaterThan((await one())!.now.getTime());
    expect(await firings()).toEqual([]);
    expect(heard).toMatchObject([{ code: 'calendar.unreadable' }]);
    await writeFile(
      calendar,
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20200101\nEND:VEVENT\nEND:VCALENDAR',
    );
    await look();
    expect(await fates()).toBe('fired, fired');
    await rm(calendar);
    await expect(previewSchedule(services().calendars, (await one())!, 3)).rejects.toThrow(
      'ENOENT',
    );
  });
});
