import { afterEach, beforeEach, expect, test } from 'vitest';
import { productMigrations } from '../../../src/app/database.ts';
import { openTestApi, type TestApi } from '../../support/api.ts';
import { openDoor } from '../../support/door.ts';
import { openTestFootprint, type TestFootprint } from '../../support/footprint.ts';
import { jobOf } from '../../support/runtime.ts';
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';
import { openVisitor, type Visitor } from '../../support/visitor.ts';

/** Redis behind a network that is cut. */
let place: TestFootprint;
let redis: TcpProxy;
let api: TestApi;
let admin: Visitor;
beforeEach(async () => {
  place = await openTestFootprint('cluster', productMigrations);
  redis = await openTcpProxy({ url: place.redisUrl! });
  api = await openTestApi('cluster', [jobOf('plain', () => Promise.resolve())], {
    isLocal: false,
    door: openDoor(),
    place: { place, redisUrl: redis.route(place.redisUrl!) },
  });
  admin = openVisitor(new URL(await api.listen()).origin);
  await admin.signIn(api.runtime);
});
afterEach(async () => {
  redis.restore();
  await api[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const json = { accept: 'application/json' };
const paths = [
  ['/queues', {}],
  ['/queues/queue/plain', {}],
  ['/queues/api/queues?activeQueue=plain', json],
  ['/queues/api/queues/plain/some-id', json],
  ['/deliveries/plain/some-id', {}],
] as const;

test.each([
  ['was asked before', true],
  ['is asked for the first time', false],
])(
  'while Redis is away Bull Board says so, soon, and goes on when it is back: it %s',
  async (_, isWarm) => {
    const id = await api.runtime.enqueuer.enqueue('plain', {}, { delayMs: 3_600_000 });
    if (isWarm) expect((await admin.get('/queues/api/queues', json)).status).toBe(200);
    redis.cut();
    for (const [path, headers] of paths) {
      const began = performance.now();
      const { status, text } = await admin.get(path, headers);
      expect([path, status]).toEqual([path, 503]);
      expect(text).toContain('queue.unavailable');
      expect(performance.now() - began).toBeLessThan(10_000);
    }
    // The pages of runs do not ask it.
    expect((await admin.get(`/runs/${id}`)).status).toBe(200);
    expect((await admin.get('/')).text).toContain(id);
    redis.restore();
    await until(async () => (await admin.get('/queues/api/queues', json)).status === 200, {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    expect((await admin.get('/queues')).status).toBe(200);
  },
);
