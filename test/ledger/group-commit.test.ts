import { expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { openGroupCommit } from '../../src/ledger/group-commit.ts';

/** A flush that ends when the test says so. */
function openHeldFlush() {
  const flushes: { items: readonly number[]; end(): void }[] = [];
  const flush = (items: readonly number[]) =>
    new Promise<number[]>((resolve) => {
      flushes.push({ items, end: () => resolve(items.map((item) => item * 10)) });
    });
  return { flushes, flush };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what arrives while a flush is under way is the next batch', async () => {
  const { flushes, flush } = openHeldFlush();
  const commits = openGroupCommit({ flush });
  const first = commits.add(1);
  await settled();
  const rest = [2, 3, 4].map((item) => commits.add(item));
  await settled();
  expect(flushes.map(({ items }) => items)).toEqual([[1]]);
  flushes[0]!.end();
  expect(await first).toBe(10);
  await settled();
  expect(flushes[1]!.items).toEqual([2, 3, 4]);
  flushes[1]!.end();
  expect(await Promise.all(rest)).toEqual([20, 30, 40]);
});

test('what is added in one tick is one batch, and a batch has its limit', async () => {
  const batches: number[][] = [];
  const commits = openGroupCommit<number, number>({
    batch: 2,
    flush: (items) => {
      batches.push([...items]);
      return Promise.resolve([...items]);
    },
  });
  await Promise.all([1, 2, 3].map((item) => commits.add(item)));
  expect(batches).toEqual([[1, 2], [3]]);
});

test('data that spoils the statement rejects its own item alone', async () => {
  const commits = openGroupCommit<number, number>({
    flush: (items) =>
      items.includes(2)
        ? Promise.reject(Object.assign(new Error('bad'), { code: '22P05' }))
        : Promise.resolve([...items]),
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => commits.add(item)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a server that is gone rejects the whole batch, and the next one is tried anew', async () => {
  let down = true;
  const commits = openGroupCommit<number, number>({
    flush: (items) =>
      down
        ? Promise.reject(new Failure('worker.beat_late', { ms: 1 }))
        : Promise.resolve([...items]),
  });
  const results = await Promise.allSettled([1, 2].map((item) => commits.add(item)));
  expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  down = false;
  expect(await commits.add(3)).toBe(3);
});

test('a server that is gone rejects what waits behind the batch too, without asking it again and again', async () => {
  let flushes = 0;
  const commits = openGroupCommit<number, number>({
    batch: 2,
    flush: () => {
      flushes += 1;
      return Promise.reject(new Failure('worker.beat_late', { ms: 1 }));
    },
  });
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((item) => commits.add(item)));
  expect(results.every(({ status }) => status === 'rejected')).toBe(true);
  expect(flushes).toBe(1);
});

test('more waiting writes than the limit are refused, and memory does not grow', async () => {
  const { flushes, flush } = openHeldFlush();
  const commits = openGroupCommit({ flush, limit: 2 });
  const first = commits.add(1);
  await settled();
  const waiting = [commits.add(2), commits.add(3)];
  await expect(commits.add(4)).rejects.toMatchObject({
    code: 'ledger.overloaded',
    kind: 'limited',
  });
  flushes[0]!.end();
  await first;
  await settled();
  flushes[1]!.end();
  expect(await Promise.all(waiting)).toEqual([20, 30]);
});
