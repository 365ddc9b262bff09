import { defineConfig } from 'vitest/config';

/**
 * Tests that start servers and processes, fill folders, wait for clocks and locks, or play many runs on each of the
 * three footprints: left out of `npm run check`.
 */
const slow = [
  ...['process', 'chaos', 'browser', 'contract', 'control', 'db', 'examples'].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  'test/docs/{client,guide,http-api,readme,webhooks,workflows}.test.ts',
  'test/auth/{keys,rates,sessions}.test.ts',
  'test/runtime/gates/**/*.test.ts',
  'test/runtime/{batch,bundles,clocks,foreign,heartbeat,redis-lost,relay,uniqueness,versions,waiting}*.test.ts',
  'test/ledger/{migrations,retention,schedule-migration,wakes}.test.ts',
  'test/{app/health,documents/indexes,monitoring/metrics,support/support}.test.ts',
  'test/http/{away,batch,door,fuzz,idempotency,patience,request-end,run-events,transport}.test.ts',
  'test/http/{board,pages}/**/*.test.ts',
  'test/{http/hooks,hooks/log}.test.ts',
  'test/client/{enqueue-in,server}.test.ts',
];

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: './test/support/global-setup.ts',
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: slow },
      },
      { extends: true, test: { name: 'slow', include: slow, testTimeout: 120_000 } },
    ],
  },
});
