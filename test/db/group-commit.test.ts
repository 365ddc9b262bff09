import { expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { openGroupCommit } from '../../src/db/index.ts';

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
    message: expect.stringContaining('More than 2 writes wait'),
  });
  flushes[0]!.end();
  await first;
  await settled();
  flushes[1]!.end();
  expect(await Promise.all(waiting)).toEqual([20, 30]);
});

test('a batch has about so many bytes at the most, unless one write alone has more', async () => {
  const batches: number[][] = [];
  const commits = openGroupCommit<string, void>({
    batchBytes: 1000,
    flush: (items) => {
      batches.push(items.map(({ length }) => length));
      return Promise.resolve(Array<void>(items.length));
    },
  });
  await Promise.all([300, 300, 300, 300, 5000, 10].map((size) => commits.add('x'.repeat(size))));
  expect(batches).toEqual([[300, 300, 300], [300], [5000], [10]]);
});

test('writes that are large are refused long before there are many, and are taken again when it has caught up', async () => {
  const releases: (() => void)[] = [];
  const commits = openGroupCommit<string, void>({
    batchBytes: 1000,
    limitBytes: 2000,
    flush: (items) =>
      new Promise((resolve) => releases.push(() => resolve(Array<void>(items.length)))),
  });
  const large = 'x'.repeat(900);
  const first = commits.add(large);
  await settled();
  const waiting = [1, 2, 3].map(() => commits.add(large));
  await expect(commits.add('small')).rejects.toMatchObject({
    code: 'ledger.overloaded',
    message: expect.stringContaining('2kb of writes'),
  });
  releases[0]!();
  await first;
  await settled();
  const again = commits.add('small');
  for (const at of [1, 2, 3]) {
    releases[at]!();
    await settled();
  }
  await Promise.all([...waiting, again]);
});

test('a write that cannot be measured is refused by itself', async () => {
  const commits = openGroupCommit<object, void>({
    flush: (items) => Promise.resolve(Array<void>(items.length)),
  });
  const hostile = {
    get text(): string {
      throw new Error('not to be read');
    },
  };
  const results = await Promise.allSettled([commits.add(hostile), commits.add({})]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
