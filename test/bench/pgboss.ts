import type { PGlite } from '@electric-sql/pglite';
import { fromPglite, PgBoss } from 'pg-boss';
import type { Contestant } from './contest.ts';
import { payload } from './load.ts';

/** pg-boss on PGlite, one job at a time: send, fetch, complete. No poll lies between, which is its best case. */
export async function openPgBoss(pglite: PGlite): Promise<Contestant & AsyncDisposable> {
  const boss = new PgBoss({
    db: fromPglite(pglite),
    backend: 'pglite',
    schedule: false,
    supervise: false,
  });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('no-op');
  return {
    name: 'pg-boss on PGlite, batch 1',
    concurrency: 1,
    async fill(size) {
      for (let left = size; left > 0; left--) await boss.send('no-op', payload);
    },
    async drain(size) {
      for (let left = size; left > 0; left--) {
        const [job] = await boss.fetch<typeof payload>('no-op', { batchSize: 1 });
        await boss.complete('no-op', job!.id, { length: job!.data.text.length });
      }
    },
    async settle(size) {
      const { rows } = await pglite.query<{ count: number }>(
        `select count(*)::int as count from pgboss.job where name = 'no-op' and state = 'completed'`,
      );
      if (rows[0]?.count !== size)
        throw new Error(`${rows[0]?.count} of ${size} jobs are completed`);
      await boss.deleteAllJobs('no-op');
    },
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  };
}
