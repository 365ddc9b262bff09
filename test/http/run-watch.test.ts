import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { openRunWatch } from '../../src/http/run-watch.ts';

/** Counts in how many statements each run was asked for. */
function openCounted() {
  const asked = new Map<string, number>();
  let statements = 0;
  const sql: Sql = {
    query(_, [ids] = []) {
      statements++;
      for (const id of ids as string[]) asked.set(id, (asked.get(id) ?? 0) + 1);
      return Promise.resolve((ids as string[]).map((id) => ({ id })) as never);
    },
  };
  return { sql, of: (id: string) => asked.get(id) ?? 0, statements: () => statements };
}

test('whoever has waited long is asked for seldom, also while others have just begun to wait', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const counted = openCounted();
  const watch = openRunWatch(counted.sql);
  watch.watch('old', () => {});
  await vi.advanceTimersByTimeAsync(10_000);
  const before = counted.of('old');
  for (let n = 0; n < 100; n++) {
    const leave = watch.watch(`young ${n}`, () => {});
    await vi.advanceTimersByTimeAsync(50);
    leave();
  }
  expect(counted.of('old') - before).toBeLessThanOrEqual(12);
  expect(counted.of('young 50')).toBeGreaterThanOrEqual(2);
  watch.close();
  vi.useRealTimers();
});

test('runs that are waited for together are asked for in one statement', async () => {
  const counted = openCounted();
  const watch = openRunWatch(counted.sql);
  const found = Promise.withResolvers<void>();
  let told = 0;
  for (let n = 0; n < 50; n++)
    watch.watch(`run ${n}`, () => void (++told === 50 && found.resolve()));
  await found.promise;
  expect(counted.statements()).toBe(1);
  watch.close();
});

test('nothing is asked once nobody waits', async () => {
  const counted = openCounted();
  const watch = openRunWatch(counted.sql);
  watch.watch('left', () => {})();
  await sleep(60);
  expect(counted.statements()).toBe(0);
  expect(watch.size).toBe(0);
  watch.close();
});
