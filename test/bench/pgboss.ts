import { fromPglite, PgBoss } from 'pg-boss';
import { openDatabase } from '../../src/db/index.ts';
import type { Contestant } from './contest.ts';
import type { Settings } from './contestants.ts';
import { payload } from './load.ts';
import { openResultTable } from './result-table.ts';

const queue = 'no-op';

/** pg-boss on Postgres in batches, and a row per job: three statements a batch, and no poll lies between. */
export async function openPgBoss({ databaseUrl, batch }: Settings): Promise<Contestant> {
  const table = await openResultTable(databaseUrl, 'done_pgboss');
  const boss = await start(new PgBoss({ connectionString: databaseUrl, ...quiet }));
  return {
    async fill(size) {
      for (let left = size; left > 0; left -= 1000)
        await boss.insert(
          queue,
          Array.from({ length: Math.min(left, 1000) }, () => ({ data: payload })),
        );
    },
    async drain(size) {
      for (let left = size; left > 0; ) {
        const jobs = await boss.fetch(queue, { batchSize: batch });
        const ids = jobs.map(({ id }) => id);
        await table.insertMany(ids);
        await boss.complete(queue, ids);
        left -= ids.length;
      }
    },
    async settle(size) {
      await table.settle(size);
      await boss.deleteAllJobs(queue);
    },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false });
      await table.close();
    },
  };
}

/** pg-boss on PGlite, one job at a time: send, fetch, complete. No poll lies between, which is its best case. */
export async function openPgBossEmbedded({ folder }: Settings): Promise<Contestant> {
  const database = await openDatabase({ kind: 'pglite', folder });
  const { driver } = database;
  if (driver.kind !== 'pglite') throw new Error('a folder is always PGlite');
  const { pglite } = driver;
  const boss = await start(new PgBoss({ db: fromPglite(pglite), backend: 'pglite', ...quiet }));
  return {
    async fill(size) {
      for (let left = size; left > 0; left--) await boss.send(queue, payload);
    },
    async drain(size) {
      for (let left = size; left > 0; left--) {
        const [job] = await boss.fetch<typeof payload>(queue, { batchSize: 1 });
        await boss.complete(queue, job!.id, { length: job!.data.text.length });
      }
    },
    async settle(size) {
      const { rows } = await pglite.query<{ count: number }>(
        `select count(*)::int as count from pgboss.job where name = '${queue}' and state = 'completed'`,
      );
      if (rows[0]?.count !== size)
        throw new Error(`${rows[0]?.count} of ${size} jobs are completed`);
      await boss.deleteAllJobs(queue);
    },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false });
      await database.close();
    },
  };
}

/** Nothing runs beside the work that is measured. */
const quiet = { schedule: false, supervise: false } as const;

async function start(boss: PgBoss): Promise<PgBoss> {
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(queue);
  return boss;
}
