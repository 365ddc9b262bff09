import { describe, expect, test } from 'vitest';
import { openControl } from '../../src/control/index.ts';
import type { BaseContext } from '../../src/core/context.ts';
import type { Sql } from '../../src/core/sql.ts';
import { findRun, listPastAttempts, listSteps } from '../../src/ledger/index.ts';
import { openRelay, rescueDuty } from '../../src/runtime/index.ts';
import { startProcess } from '../support/process.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

/** The defaults of the product. */
const detectionMs = 15_000;
/** Far beyond the 30 s that it takes: a slow machine is no fault. */
const patience = { timeoutMs: 120_000 };
const freezingWorker = new URL('fixtures/freezing-worker.ts', import.meta.url).pathname;

/** The successor of the attempt in the process that is stopped: it writes in the same ways. */
const freezing = jobOf(
  'freezing',
  async (ctx: BaseContext & { database: Sql }) => {
    const write = (sql: Sql) => sql.query(`insert into nightshift.note values ('successor')`);
    await ctx.step('a', () => Promise.resolve('successor'));
    await ctx.transaction('b', write);
    await write(ctx.database);
    return 'successor';
  },
  { needs: ['database'] },
);

/** The control plane of another process: rescue and relay. */
async function openControlOf(runtime: TestRuntime): Promise<AsyncDisposable> {
  const { database, queues } = runtime;
  const onError = (error: unknown) => void runtime.errors.push(error);
  const relay = await openRelay({ ...runtime, onError });
  const control = await openControl({
    database,
    duties: [rescueDuty({ database, queues, detectionMs })],
    timers: { list: () => Promise.resolve([]), fire: () => Promise.resolve({ next: undefined }) },
    onError,
  });
  return {
    async [Symbol.asyncDispose]() {
      await control.close();
      await relay.close();
    },
  };
}

describe.concurrent.each(['postgres', 'cluster'] as const)('on the %s footprint', (footprint) => {
  test.each(['SIGKILL', 'SIGSTOP'] as const)(
    'the run of a worker that got %s goes again, and what the worker still writes is refused',
    async (signal) => {
      await using runtime = await openTestRuntime(footprint, [freezing], { detectionMs });
      const { database, place } = runtime;
      await database.query('create table nightshift.note (by text)');
      await using _ = await openControlOf(runtime);
      await using doomed = startProcess(freezingWorker, [place.prefix], { env: place.env });
      const id = await runtime.enqueuer.enqueue('freezing', {});
      await doomed.line(/^begins/);
      await runtime.work();
      // Rescue believes in silence once it has watched for a full period itself.
      await until(
        async () =>
          (
            await database.query(
              `select from nightshift.rescue where in_touch_since < now() - interval '15 seconds'`,
            )
          ).length > 0,
        patience,
      );
      doomed.kill(signal);
      const stoppedAt = performance.now();
      const succeeded = async () => {
        const run = await findRun(database, id);
        return run.state === 'succeeded' ? run : undefined;
      };
      const run = await until(succeeded, patience);
      const seconds = ((performance.now() - stoppedAt) / 1000).toFixed(1);
      console.info(`${footprint}, ${signal}: the run ended after ${seconds} s`);
      expect(run).toMatchObject({ attempt: 2, losses: 1, result: 'successor' });
      if (signal === 'SIGSTOP') {
        doomed.kill('SIGCONT');
        await doomed.line(/^returns/);
        expect(doomed.lines.filter((line) => line.includes(':'))).toEqual([
          'step: run.fenced',
          'transaction: run.fenced',
          'database: run.fenced',
        ]);
        await until(async () => {
          const [row] = await database.query<{ held: number }>(
            `select cardinality(in_hand) as held from nightshift.workers where pid = $1 and heartbeat_at > now() - interval '5 seconds'`,
            [doomed.pid],
          );
          return row?.held === 0;
        }, patience);
      }
      expect(await findRun(database, id)).toEqual(run);
      expect(await listPastAttempts(database, id)).toMatchObject([{ attempt: 1, ending: 'lost' }]);
      expect((await listSteps(database, id)).map(({ attempt }) => attempt)).toEqual([2, 2]);
      expect(await database.query('select by from nightshift.note')).toEqual([
        { by: 'successor' },
        { by: 'successor' },
      ]);
      expect(runtime.errors).toEqual([]);
    },
    240_000,
  );
});
