import { expect, test } from 'vitest';
import { openDatabase, openMigrations } from '../../../src/db/index.ts';
import { findRun, ledgerMigrations } from '../../../src/ledger/index.ts';
import { openRelay } from '../../../src/runtime/index.ts';
import { openTestFootprint } from '../../support/footprint.ts';
import { startPostgresServer } from '../../support/postgres-server.ts';
import { startRedisServer } from '../../support/redis-server.ts';
import { jobOf, openTestRuntime } from '../../support/runtime.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

const quick = jobOf('quick', () => Promise.resolve('done'));
const floodSize = 20_000;
const mebibyte = 1024 * 1024;

test.each(['killed', 'silent'])(
  'a flood of enqueues while Postgres is %s is refused, keeps nothing in memory, and the next one works',
  async (how) => {
    await using server = await startPostgresServer();
    await using proxy = await openTcpProxy({ url: server.url });
    const options = { kind: 'postgres', url: proxy.route(server.url), connections: 8 } as const;
    await migrate(server.url);
    await using place = await openTestFootprint('cluster');
    await using runtime = await openTestRuntime('cluster', [quick], { place, database: options });
    await runtime.work();
    await runtime.enqueuer.enqueue('quick', { first: true });
    if (how === 'killed') await server.stop('SIGQUIT');
    else proxy.stall();
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const payload = { text: 'x'.repeat(2000) };
    let most = 0;
    const codes = new Set<string>();
    // In twenty waves: memory may not grow from one to the next.
    for (let wave = 0; wave < 20; wave++) {
      const refusals = Array.from({ length: floodSize / 20 }, () =>
        runtime.enqueuer.enqueue('quick', payload).catch((error: { code: string }) => error.code),
      );
      if (how === 'killed') for (const code of await Promise.all(refusals)) codes.add(code);
      else void Promise.all(refusals).then((all) => all.forEach((code) => codes.add(code)));
      most = Math.max(most, process.memoryUsage.rss());
    }
    await until(() => codes.size > 0, { timeoutMs: 30_000 });
    await runtime.ledger.drained();
    expect([...codes]).toEqual(['database.unreachable']);
    // 20,000 payloads of 2 kB are 40 MB, were they kept.
    expect(most - before).toBeLessThan(300 * mebibyte);
    if (how === 'killed') await server.start();
    else proxy.restore();
    const id = await until(() => runtime.enqueuer.enqueue('quick', {}).catch(() => undefined), {
      timeoutMs: 30_000,
    });
    await until(async () => (await findRun(runtime.database, id)).state === 'succeeded', {
      timeoutMs: 60_000,
    });
  },
);

test('runs are accepted while Redis is down, and dispatched when it is back, without a restart', async () => {
  await using redis = await startRedisServer({ appendOnly: true });
  await using own = await openTestFootprint('cluster', ledgerMigrations);
  const place = { ...own, redisUrl: redis.url };
  await using runtime = await openTestRuntime('cluster', [quick], { place });
  const { database } = runtime;
  const relay = await openRelay({ ...runtime, onError() {} });
  await runtime.work();
  await redis.stop();
  const ids = await Promise.all(
    Array.from({ length: 200 }, () => runtime.enqueuer.enqueue('quick', {})),
  );
  expect((await findRun(database, ids[0]!)).state).toBe('queued');
  await redis.start();
  await until(
    async () => {
      const [row] = await database.query<{ done: number }>(
        `select count(*) as done from nightshift.runs where state = 'succeeded' and id = any($1)`,
        [ids],
      );
      return row?.done === ids.length;
    },
    { timeoutMs: 60_000 },
  );
  await relay.close();
});

async function migrate(url: string): Promise<void> {
  const database = await openDatabase({ kind: 'postgres', url, connections: 8 });
  await openMigrations(database, ledgerMigrations).up();
  await database.close();
}
