import { defineConfig } from 'vitest/config';

/** Tests that start and kill whole processes, or wait for clocks and locks: left out of `npm run check`. */
const slow = ['process', 'chaos', 'browser', 'contract', 'control'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

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
