import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { gatesDuty, openRelay, rescueDuty } from '../../../src/runtime/index.ts';
import { watchRuns } from '../../support/gate.ts';
import { startRedisServer } from '../../support/redis-server.ts';
import { detectionMs, jobOf, openTestRuntime } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';

let now = 0;
let most = 0;
const two = jobOf(
  'two',
  async () => {
    most = Math.max(most, ++now);
    await sleep(50);
    now--;
  },
  { concurrency: { total: 2 } },
);

test('a wipe of Redis loses neither runs that wait nor the limits', async () => {
  await using server = await startRedisServer();
  await using runtime = await openTestRuntime('cluster', [two], { redisUrl: server.url });
  const redis = new Redis(server.url);
  const relay = await openRelay({ ...runtime, onError: () => {} });
  const rescue = rescueDuty({ ...runtime, detectionMs });
  await rescue.run();
  await runtime.enqueuer.enqueueMany(
    'two',
    Array.from({ length: 30 }, () => ({})),
  );
  const runs = watchRuns(runtime);
  await until(async () => (await runtime.queues.counts('two')).waiting === 2);
  await redis.flushall();
  expect(await rescue.run()).toMatchObject({ lost: 2, wiped: true });
  await runtime.work();
  expect(await runs.allEnd('two')).toHaveLength(30);
  expect(most).toBeLessThanOrEqual(2);
  redis.disconnect();
  await relay.close();
}, 90_000);

test('what no process passed over, the duty lets go', async () => {
  await using runtime = await openTestRuntime('postgres', [two]);
  await runtime.work();
  // As a program does that enqueues and dies, and whose notification nobody heard.
  await runtime.database.query('alter table nightshift.arrivals disable trigger wake_gates');
  await runtime.database.transaction((tx) => runtime.enqueuer.enqueue('two', {}, { tx }));
  const duty = gatesDuty(runtime);
  expect(await duty.run()).toEqual({ gates: 1, released: 1 });
  await watchRuns(runtime).allEnd('two');
  await until(async () => ((await duty.run()) as { gates: number }).gates === 0);
});
