import { afterAll, expect, test, vi } from 'vitest';
import { buildHouse } from './house.ts';
import { listCodeBlocks, readText } from './pages.ts';

const house = await buildHouse('README.md');
afterAll(() => house[Symbol.asyncDispose]());

// The tests that the page shows are tests of this file. A machine that is busy takes long over a new PGlite.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
for (const file of house.files.filter((path) => path.endsWith('.test.ts')))
  await import(house.locate(file));

test('the job of the README and its test compile', async () => {
  expect(house.files).toEqual(['jobs/heavy-mails/job.ts', 'test/jobs/heavy-mails/job.test.ts']);
  expect(await house.check()).toBe('');
});

test('the job of the README has no more than 20 lines', () => {
  const [job] = listCodeBlocks(readText('README.md')).filter(({ title }) => title);
  const lines = job!.code
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('//'));
  expect(lines.length).toBeLessThanOrEqual(20);
});

test('the two commands stand in the README', () => {
  const shell = listCodeBlocks(readText('README.md')).filter(({ language }) => language === 'sh');
  expect(shell[0]?.code).toBe('npm install && npm run demo\nnpm install && npm test\n');
});
