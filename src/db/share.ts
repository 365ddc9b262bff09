import { Failure } from '../core/errors.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { connectTimeoutMs } from './postgres-server.ts';

/**
 * A part of a pool: at most `size` statements and transactions at once, the others in order of arrival; one that
 * waits for 5 s gets `database.busy`.
 */
export function openShare(sql: TransactionalSql, size: number): TransactionalSql {
  let free = size;
  const waiting = new Set<() => void>();

  async function take(): Promise<void> {
    if (free > 0) return void free--;
    const turn = Promise.withResolvers<void>();
    waiting.add(turn.resolve);
    const timer = setTimeout(() => {
      waiting.delete(turn.resolve);
      turn.reject(new Failure('database.busy', { size, seconds: connectTimeoutMs / 1000 }));
    }, connectTimeoutMs);
    await turn.promise.finally(() => clearTimeout(timer));
  }

  function giveBack(): void {
    const [next] = waiting;
    if (!next) return void free++;
    waiting.delete(next);
    next();
  }

  async function during<T>(work: () => Promise<T>): Promise<T> {
    await take();
    try {
      return await work();
    } finally {
      giveBack();
    }
  }

  return {
    query: (...asked) => during(() => sql.query(...asked)),
    transaction: (work) => during(() => sql.transaction(work)),
  };
}
