import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/index.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openRelay } from '../../src/runtime/index.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import type { TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const resting = jobOf('resting', () => Promise.resolve('done'));

let redis: TestServer;
let runtime: TestRuntime;
beforeEach(async () => {
  redis = await startRedisServer();
  runtime = await openTestRuntime('cluster', [resting], { redisUrl: redis.url });
});
afterEach(async () => {
  await runtime[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** The database, and how many times somebody took rows of the outbox. */
function countPasses(database: Database): { database: Database; passes(): number } {
  let passes = 0;
  return {
    passes: () => passes,
    database: {
      ...database,
      query(text, values) {
        if (text.includes("leased_until = now() + interval '30 seconds'")) passes++;
        return database.query(text, values);
      },
    },
  };
}

test('while Redis is down runs are accepted, the relay rests, and all run when it is back', async () => {
  await runtime.work();
  const { database, passes } = countPasses(runtime.database);
  const errors: unknown[] = [];
  const relay = await openRelay({
    ...runtime,
    database,
    onError: (error) => errors.push(error),
  });
  await redis.stop();
  await until(async () => {
    const asked = await runtime.queues.ping().catch(() => undefined);
    return asked === undefined;
  });
  const ids: string[] = [];
  for (let i = 0; i < 200; i++) ids.push(await runtime.enqueuer.enqueue('resting', i));
  ids.push(...(await runtime.enqueuer.enqueueMany('resting', [1, 2, 3])));
  const [row] = await runtime.database.query<{ id: string }>(
    `select nightshift.enqueue('resting', '4') as id`,
  );
  ids.push(row!.id);
  await until(() => errors.length > 0);
  const posted = await runtime.database.query('select from nightshift.outbox');
  expect(posted).toHaveLength(ids.length);
  // More than two hundred calls to look, and it looked at the first and then with each poll of five seconds.
  expect(passes()).toBeLessThan(10);
  expect(errors).toEqual(
    errors.map(() => expect.objectContaining({ code: 'queue.unavailable' }) as unknown),
  );
  await redis.start();
  await until(
    async () => {
      const runs = await Promise.all(ids.map((id) => findRun(runtime.database, id)));
      return runs.every(({ state }) => state === 'succeeded');
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
  await until(
    async () => (await runtime.database.query('select from nightshift.outbox')).length === 0,
  );
  await relay.close();
});
