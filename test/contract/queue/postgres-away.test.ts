import pg from 'pg';
import { v4 as uuid } from 'uuid';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/db/index.ts';
import { openQueues } from '../../../src/queue/index.ts';
import { startPostgresServer } from '../../support/postgres-server.ts';
import type { TestServer } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import { collect } from './collector.ts';

test('queues on Postgres fail at once while it is away, and go on where they were when it is back', async () => {
  await using server = await startPostgresServer();
  const database = await openDatabase({ kind: 'postgres', url: server.url });
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const queues = await openQueues({ database, prefix: 'away', onError });
  const dispatch = (delivery: string) => queues.dispatch({ job: 'away', delivery, runs: [uuid()] });
  const release = Promise.withResolvers<void>();
  const { handle, reach } = collect(() => release.promise);
  const consumer = queues.consume('away', handle, { concurrency: 3 });
  const deliveries = Array.from({ length: 6 }, () => uuid());
  for (const delivery of deliveries) await dispatch(delivery);
  consumer.start();
  await reach(3);

  await refuseConnections(server, async () => {
    release.resolve();
    for (let i = 0; i < 100; i++)
      await expect(dispatch(uuid())).rejects.toMatchObject({ code: 'queue.unavailable' });
  });
  // A worker that asks again at once would fail more often than the hundred producers.
  expect(errors.length).toBeLessThan(30);
  await server.stop();
  await expect(dispatch(uuid())).rejects.toMatchObject({ code: 'queue.unavailable' });
  await server.start();

  const last = uuid();
  await until(() =>
    dispatch(last).then(
      () => true,
      () => false,
    ),
  );
  // What ended meanwhile does not come again.
  expect((await reach(7)).sort()).toEqual([...deliveries, last].sort());
  await consumer.close();
  expect(await queues.counts('away')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  await queues.close();
  await database.close();
});

/** Runs `work` while the server shuts down, which it does not finish before its last session ends. */
async function refuseConnections(server: TestServer, work: () => Promise<void>): Promise<void> {
  const last = new pg.Client({ connectionString: server.url });
  await last.connect();
  process.kill(server.pid!, 'SIGTERM');
  await last.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
  );
  try {
    await work();
  } finally {
    await last.end();
  }
}
