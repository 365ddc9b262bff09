import { afterAll, expect, test, vi } from 'vitest';
import { buildHouse } from './house.ts';

const house = await buildHouse('docs/guides/workflows.md');
afterAll(() => house[Symbol.asyncDispose]());

// The tests that the page shows are tests of this file. A machine that is busy takes long over a new PGlite.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
for (const file of house.files.filter((path) => path.endsWith('.test.ts')))
  await import(house.locate(file));

test('the jobs of the guide compile', async () => {
  expect(house.files).toEqual(['jobs/dunning/job.ts', 'test/jobs/dunning/job.test.ts']);
  expect(await house.check()).toBe('');
});
