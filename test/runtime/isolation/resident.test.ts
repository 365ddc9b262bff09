import { expect, test } from 'vitest';
import { askPs, residentKb } from '../../../src/runtime/isolation/resident.ts';

test('the memory of a process is known from outside, with and without /proc', async () => {
  const own = process.memoryUsage.rss() / 1024;
  for (const kb of [await residentKb(process.pid), await askPs(process.pid)]) {
    expect(kb).toBeGreaterThan(own / 2);
    expect(kb).toBeLessThan(own * 2);
  }
});

test('a process that is gone has none', async () => {
  expect(await residentKb(2 ** 30)).toBeUndefined();
  expect(await askPs(2 ** 30)).toBeUndefined();
});
