import { afterAll, expect, test, vi } from 'vitest';
import { buildHouse } from './house.ts';

const house = await buildHouse('docs/guides/writing-a-job.md');
afterAll(() => house[Symbol.asyncDispose]());

// The tests that the page shows are tests of this file. A machine that is busy takes long over a new PGlite.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
for (const file of house.files.filter((path) => path.endsWith('.test.ts')))
  await import(house.locate(file));

test('the job of the guide compiles, with every file that the guide names', async () => {
  expect(house.files).toEqual([
    'jobs/link-check/job.ts',
    'jobs/link-check/ask.ts',
    'jobs/link-check/store.ts',
    'jobs/link-check/migrations/0001-answers.ts',
    'jobs/link-check/index.ts',
    'test/jobs/link-check/job.test.ts',
  ]);
  expect(await house.check()).toBe('');
});
