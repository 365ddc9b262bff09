import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openControl } from '../../../src/control/index.ts';
import type { BaseContext } from '../../../src/core/context.ts';
import { isFinal, type Run } from '../../../src/core/run.ts';
import type { DatabaseOptions } from '../../../src/db/index.ts';
import { findRun, listSteps } from '../../../src/ledger/index.ts';
import { cancel, openRelay, rescueDuty } from '../../../src/runtime/index.ts';
import { runCommand } from '../../support/command.ts';
import { openTestInstallation, type TestInstallation } from '../../support/installation.ts';
import { startPgBouncer } from '../../support/pgbouncer.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../../support/runtime.ts';
import type { TestServer } from '../../support/server.ts';
import { until } from '../../support/until.ts';

const held = new Map<string, AbortSignal>();
const counting = jobOf(
  'counting',
  async (ctx: BaseContext, { n }: { n: number }) => {
    const doubled = await ctx.step('double', () => Promise.resolve(n * 2));
    await ctx.transaction('note', (tx) =>
      tx.query('insert into public.note values ($1, $2)', [n, doubled]),
    );
    if (ctx.run.attempt === 1 && n % 10 === 0) throw new Error('the first time');
    return doubled;
  },
  {
    retry: { attempts: 2, backoff: 'fixed', from: '10ms', upTo: '10ms', jitter: 0 },
  },
);
const holding = jobOf('holding', async (ctx: BaseContext, { name }: { name: string }) => {
  held.set(name, ctx.signal);
  await new Promise((_, reject) => ctx.signal.addEventListener('abort', reject));
});
const jobs = [counting, holding];

describe.each(['postgres', 'cluster'] as const)(
  'the %s footprint through a PgBouncer in transaction mode',
  (footprint) => {
    let bouncer: TestServer;
    let straight: TestRuntime;
    let processes: TestRuntime[];
    beforeAll(async () => {
      straight = await openTestRuntime(footprint, jobs);
      const { place } = straight;
      const direct = (place.database as { url: string }).url;
      bouncer = await startPgBouncer({ url: direct });
      const database: DatabaseOptions = {
        kind: 'postgres',
        url: bouncer.url,
        directUrl: direct,
        connections: 8,
        carriesQueues: footprint === 'postgres',
      };
      processes = [];
      for (let i = 0; i < 3; i++)
        processes.push(await openTestRuntime(footprint, jobs, { place, database }));
      await straight.database.query('create table public.note (n int, doubled int)');
    });
    afterAll(async () => {
      for (const one of processes) await one[Symbol.asyncDispose]();
      await straight[Symbol.asyncDispose]();
      await bouncer[Symbol.asyncDispose]();
    });

    const finished = (id: string): Promise<Run> =>
      until(
        async () => {
          const run = await findRun(straight.database, id);
          return isFinal(run.state) ? run : undefined;
        },
        { timeoutMs: 60_000 },
      );

    test('several processes enqueue, run, remember steps and commit transactions, each once', async () => {
      for (const one of processes) await one.work({ concurrency: 4 });
      const numbers = Array.from({ length: 90 }, (_, n) => n);
      const ids = await Promise.all(
        numbers.map((n) => processes[n % 3]!.enqueuer.enqueue('counting', { n })),
      );
      const runs = await Promise.all(ids.map(finished));
      expect(runs.map(({ state, result }) => [state, result])).toEqual(
        numbers.map((n) => ['succeeded', n * 2]),
      );
      const [notes] = await straight.database.query(
        'select count(*) as all, count(distinct n) as different from public.note',
      );
      expect(notes).toEqual({ all: 90, different: 90 });
      expect(await listSteps(straight.database, ids[10]!)).toHaveLength(2);
      expect(processes.flatMap(({ errors }) => errors)).toEqual([]);
    });

    test('a cancel in one process is heard in another at once', async () => {
      const id = await processes[0]!.enqueuer.enqueue('holding', { name: footprint });
      const signal = await until(() => held.get(footprint));
      await until(async () => (await findRun(straight.database, id)).state === 'active');
      const { database: sql, queues } = processes[1]!;
      const heard = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => heard.resolve());
      await cancel({ sql, queues }, { id, reason: 'enough' });
      await heard.promise;
      expect((await finished(id)).state).toBe('cancelled');
    });

    test('relay and control plane work: a timer fires in a transaction, a duty runs', async () => {
      const { database, queues } = processes[2]!;
      const onError = (error: unknown) => void processes[2]!.errors.push(error);
      const relay = await openRelay({ ...processes[2]!, onError });
      let fired = false;
      let rescues = 0;
      const duty = rescueDuty({ database, queues, detectionMs: 2000, onRescued() {} });
      const control = await openControl({
        database,
        duties: [{ ...duty, run: async () => void (await duty.run(), (rescues += 1)) }],
        timers: {
          list: () => Promise.resolve([{ key: 'now', at: new Date() }]),
          async fire(tx) {
            await tx.query('select 1');
            fired = true;
            return { next: undefined };
          },
        },
        onError,
      });
      await until(() => rescues > 0 && fired, { timeoutMs: 30_000 });
      await control.close();
      await relay.close();
      expect(processes[2]!.errors).toEqual([]);
    });
  },
);

describe('whole processes behind a PgBouncer', () => {
  let bouncer: TestServer | undefined;
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await openTestInstallation('cluster', async ({ database }) => {
      const { url } = database as { url: string };
      bouncer = await startPgBouncer({ url });
      return {
        DATABASE_URL: bouncer.url,
        DATABASE_DIRECT_URL: url,
        NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
      };
    });
  });
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await bouncer?.[Symbol.asyncDispose]();
  });

  test('migrate down and up, run a job that a command enqueued, and please the doctor', async () => {
    expect((await installation.command('migrate', 'down')).errors).toBe('');
    expect((await installation.command('migrate', 'up')).errors).toBe('');
    await installation.start();
    await installation.start();
    const payload = JSON.stringify({ mailbox: 'sample' });
    const { status, errors } = await installation.command(
      'enqueue',
      'mail-triage',
      '--payload',
      payload,
      '--wait',
    );
    expect({ status, errors }).toMatchObject({ status: 0 });
    const findings =
      await installation.ask<{ what: string; state: string; says: string }[]>('doctor');
    expect(findings).toContainEqual(
      expect.objectContaining({
        what: 'database',
        says: expect.stringContaining('through a pooler') as string,
      }),
    );
    await installation.stop();
  });

  test('the doctor says what to set when DATABASE_DIRECT_URL is missing, and a start is refused with it', async () => {
    const options = {
      env: { ...installation.env, DATABASE_DIRECT_URL: '' },
      cwd: installation.folder,
    };
    for (const args of [['doctor'], ['start']]) {
      const { status, output, errors } = await runCommand(args, options);
      expect(status).toBe(1);
      expect(output + errors).toContain('Set DATABASE_DIRECT_URL to Postgres itself');
    }
  });
});
