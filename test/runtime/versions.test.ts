import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AnyJob } from '../../src/core/job.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import {
  findNewestVersion,
  findRun,
  ledgerMigrations,
  listAhead,
  listPastAttempts,
  listSchedules,
  newId,
  registerWorker,
  retryRun,
} from '../../src/ledger/index.ts';
import {
  beginBulk,
  carryOutBulk,
  newRun,
  openCatalogue,
  openRelay,
  type Relay,
  replay,
} from '../../src/runtime/index.ts';
import { footprints, openTestFootprint } from '../support/footprint.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { plant, timersOf } from '../support/schedules.ts';
import { until } from '../support/until.ts';

/** Mailboxes that the upgrade does not know yet. */
const unknown = new Set(['lost']);

/** The job `sorting` as three releases have it: a box, then a mailbox, then a list of mailboxes. */
const releases = {
  1: jobOf('sorting', echo, { payload: z.object({ box: z.string() }) }),
  2: jobOf('sorting', echo, {
    version: 2,
    payload: z.object({ mailbox: z.string() }),
    upgrade: { 1: ({ box }: { box: string }) => ({ mailbox: box }) },
  }),
  3: jobOf('sorting', echo, {
    version: 3,
    payload: z.object({ mailboxes: z.array(z.string()).min(1) }),
    upgrade: {
      1: ({ box }: { box: string }) => ({ mailbox: box }),
      2({ mailbox }: { mailbox: string }) {
        if (unknown.has(mailbox)) throw new Error(`nobody knows ${mailbox}`);
        return { mailboxes: [mailbox] };
      },
    },
  }),
} satisfies Record<number, AnyJob>;

function echo(_: unknown, payload: unknown): Promise<unknown> {
  return Promise.resolve(payload);
}

const finished = ({ database }: TestRuntime, id: string): Promise<Run> =>
  until(
    async () => {
      const run = await findRun(database, id);
      return isFinal(run.state) ? run : undefined;
    },
    { timeoutMs: 40_000 },
  );

/** A run as a web process of this release accepts it. */
async function acceptBy(
  release: keyof typeof releases,
  { ledger, queues }: TestRuntime,
  payload: unknown,
): Promise<string> {
  const run = newRun(releases[release], payload, { priority: 0 });
  await ledger.accept(run);
  await queues.dispatch({ job: run.job, delivery: run.delivery, runs: [run.id] });
  return run.id;
}

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [releases[3]]);
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
    await runtime.work();
  });
  afterAll(async () => {
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  test('a payload of each older version arrives as today’s, and the row keeps what was accepted', async () => {
    const first = await finished(runtime, await acceptBy(1, runtime, { box: 'in' }));
    expect(first).toMatchObject({
      state: 'succeeded',
      version: 1,
      payload: { box: 'in' },
      result: { mailboxes: ['in'] },
    });
    const second = await finished(runtime, await acceptBy(2, runtime, { mailbox: 'out' }));
    expect(second).toMatchObject({ version: 2, result: { mailboxes: ['out'] }, attempt: 1 });
  });

  test('a payload that does not fit even after its upgrade is named as invalid', async () => {
    const run = await finished(runtime, await acceptBy(1, runtime, {}));
    expect(run).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'payload.invalid' } });
  });

  test('an upgrade that throws fails the run at once; mended, a retry and a replay bring it up', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await acceptBy(2, runtime, { mailbox: 'lost' }));
    const message = expect.stringMatching(/from version 2 to 3: nobody knows lost/) as string;
    for (const id of ids)
      expect(await finished(runtime, id)).toMatchObject({
        state: 'failed',
        attempt: 1,
        error: { code: 'payload.not_upgraded', message },
      });
    await expect(replay(runtime, { id: ids[0]! })).rejects.toMatchObject({
      code: 'payload.not_upgraded',
    });
    unknown.clear();
    await retryRun(runtime.database, ids[0]!);
    const { error } = await findRun(runtime.database, ids[1]!);
    const filter = { job: 'sorting', fingerprint: error!.fingerprint! };
    const { id: bulk } = await beginBulk(runtime, { action: 'retry', filter });
    await carryOutBulk(runtime, bulk);
    const kept = { version: 2, payload: { mailbox: 'lost' }, result: { mailboxes: ['lost'] } };
    for (const id of ids)
      expect(await finished(runtime, id)).toMatchObject({ ...kept, attempt: 2 });
    const again = await finished(runtime, await replay(runtime, { id: ids[0]! }));
    expect(again).toMatchObject({ ...kept, replayOf: ids[0]! });
    const edited = await replay(runtime, { id: again.id, payload: { mailboxes: ['new'] } });
    expect(await finished(runtime, edited)).toMatchObject({
      version: 3,
      result: { mailboxes: ['new'] },
    });
    unknown.add('lost');
  });

  test('what SQL enqueues is of the version that checks it', async () => {
    const [row] = await runtime.database.query<{ id: string }>(
      `select nightshift.enqueue('sorting', '{"mailboxes": ["by sql"]}') as id`,
    );
    expect(await finished(runtime, row!.id)).toMatchObject({
      version: 3,
      result: { mailboxes: ['by sql'] },
    });
  });

  test('a schedule that an older release planted fires its old payload, which is brought up', async () => {
    const { database, catalogue } = runtime;
    const plan = { name: 'nightly', job: releases[1], payload: { box: 'in' }, cron: '0 1 * * *' };
    const old = openCatalogue([releases[1]]);
    await plant({ database, catalogue: old }, [defineSchedule(plan)]);
    expect(await listSchedules(database)).toMatchObject([{ version: 1, payload: { box: 'in' } }]);
    await database.query(`update nightshift.schedules set next_due = now()`);
    const timers = timersOf({ database, catalogue });
    await database.transaction((tx) => timers.fire(tx, 'nightly'));
    const [firing] = await database.query<{ run: string }>(
      `select run_id as run from nightshift.firings`,
    );
    expect(await finished(runtime, firing!.run)).toMatchObject({
      version: 1,
      result: { mailboxes: ['in'] },
    });
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});

test.each(footprints)(
  'on the %s footprint, what newer code accepted waits for it, through a roll back and the next deploy',
  async (footprint) => {
    await using place = await openTestFootprint(footprint, ledgerMigrations);
    const open = (release: keyof typeof releases) =>
      openTestRuntime(footprint, [releases[release]], { place });
    let ahead = '';
    {
      await using newer = await open(3);
      ahead = await acceptBy(3, newer, { mailboxes: ['in'] });
    }
    {
      await using old = await open(1);
      await old.work();
      const known = await finished(old, await acceptBy(1, old, { box: 'in' }));
      expect(known).toMatchObject({ state: 'succeeded', result: { box: 'in' } });
      const waiting = [{ job: 'sorting', version: 3, known: 1, runs: 1 }];
      await until(async () => (await old.queues.counts('sorting')).delayed === 1);
      expect(await listAhead(old.database, detectionMs)).toEqual(waiting);
      expect(await findNewestVersion(old.database, 'sorting', detectionMs)).toBe(1);
      expect(await findRun(old.database, ahead)).toMatchObject({
        state: 'queued',
        attempt: 0,
        error: null,
      });
      expect(await listPastAttempts(old.database, ahead)).toEqual([]);
    }
    await using newer = await open(3);
    await newer.work();
    expect(await finished(newer, ahead)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      failures: 0,
      result: { mailboxes: ['in'] },
    });
  },
);

describe.each(['postgres', 'cluster'] as const)('with two releases at work, %s', (footprint) => {
  test('each run is done by a worker that has its version, and none fails', async () => {
    await using old = await openTestRuntime(footprint, [releases[1]]);
    const { place } = old;
    await using newer = await openTestRuntime(footprint, [releases[3]], { place });
    const workers = [await old.work(), await old.work(), await newer.work()];
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) {
      ids.push(await acceptBy(1, old, { box: `${i}` }));
      ids.push(await acceptBy(3, newer, { mailboxes: [`${i}`] }));
    }
    const runs = await Promise.all(ids.map((id) => finished(newer, id)));
    expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(runs.every(({ failures, attempt }) => failures === 0 && attempt === 1)).toBe(true);
    const ofNew = runs.filter(({ version }) => version === 3);
    expect(new Set(ofNew.map(({ worker }) => worker))).toEqual(new Set([workers[2]!.id]));
    expect([...old.errors, ...newer.errors]).toEqual([]);
  }, 60_000);

  test('an old worker looks ever more seldom at what it cannot run', async () => {
    await using old = await openTestRuntime(footprint, [releases[1]]);
    await old.work();
    const id = await acceptBy(3, old, { mailboxes: ['in'] });
    await until(async () => (await old.queues.counts('sorting')).delayed === 1);
    // As if it had waited for ten minutes, and came once more.
    await old.database.query(
      `update nightshift.runs set run_at = now() - interval '10 minutes',
         queued_at = now() - interval '10 minutes' where id = $1`,
      [id],
    );
    const { delivery } = await findRun(old.database, id);
    const claim = { run: id, delivery, worker: newId(), version: 1 };
    expect(await old.ledger.claim(claim)).toMatchObject({ earlyMs: 30_000 });
    // Beside a worker that has the version it is only a matter of who gets it.
    const worker = {
      id: newId(),
      host: 'new',
      pid: 1,
      jobs: ['sorting'],
      versions: { sorting: 3 },
    };
    await registerWorker(old.database, worker);
    expect(await old.ledger.claim(claim)).toMatchObject({ earlyMs: 10_000 });
    expect(await findRun(old.database, id)).toMatchObject({ state: 'queued', attempt: 0 });
  });

  test('a worker that stops takes nothing new, and ends what it has', async () => {
    const gate = Promise.withResolvers<void>();
    const begun: unknown[] = [];
    const holding = jobOf('holding', (_, payload) => {
      begun.push(payload);
      return gate.promise;
    });
    await using runtime = await openTestRuntime(footprint, [holding]);
    const worker = await runtime.work({ concurrency: 2 });
    const ids = await runtime.enqueuer.enqueueMany('holding', [1, 2, 3, 4, 5]);
    await until(() => begun.length === 2);
    const stopped = worker.stop(60_000);
    gate.resolve();
    await stopped;
    const runs = await Promise.all(ids.map((id) => findRun(runtime.database, id)));
    expect(runs.map(({ state }) => state).sort()).toEqual([
      'queued',
      'queued',
      'queued',
      'succeeded',
      'succeeded',
    ]);
    expect(begun).toHaveLength(2);
    expect((await runtime.queues.counts('holding')).waiting).toBe(3);
  });
});
