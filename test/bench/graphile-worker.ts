import { Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker';
import pg from 'pg';
import type { Contestant } from './contest.ts';
import type { Settings } from './contestants.ts';
import { payload } from './load.ts';
import { openResultTable } from './result-table.ts';

/**
 * graphile-worker with what its page on performance recommends (a local queue, batched completion) and larger
 * sizes from a sweep, and a row per job, committed in groups before the job counts as done.
 */
export async function openGraphileWorker(settings: Settings): Promise<Contestant> {
  const { databaseUrl, concurrency, batch } = settings;
  const table = await openResultTable(databaseUrl, 'done_graphile');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 12 });
  const ignore = () => {}; // whoever waits for the connection hears of it
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  let runner: Runner | undefined;
  return {
    async fill(size) {
      for (let left = size; left > 0; left -= 1000)
        await utils.addJobs(
          Array.from({ length: Math.min(left, 1000) }, () => ({ identifier: 'no-op', payload })),
        );
    },
    async drain(size) {
      const done = Promise.withResolvers<void>();
      let ended = 0;
      runner = await run({
        pgPool: pool,
        logger,
        noHandleSignals: true,
        taskList: {
          async 'no-op'(_, { job }) {
            await table.join(job.id);
            if (++ended === size) done.resolve();
          },
        },
        preset: {
          worker: {
            concurrentJobs: concurrency,
            localQueue: { size: batch },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
      });
      await done.promise;
    },
    async settle(size) {
      await runner?.stop();
      await table.settle(size);
      const { rows } = await pool.query<{ count: number }>(
        'select count(*)::int as count from graphile_worker.jobs',
      );
      if (rows[0]?.count !== 0) throw new Error(`${rows[0]?.count} jobs are left`);
    },
    async [Symbol.asyncDispose]() {
      await utils.release();
      await pool.end();
      await table.close();
    },
  };
}
