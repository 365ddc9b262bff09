import type { Sql } from '../core/sql.ts';
import { type Fence, holdRuns, type Ledger } from '../ledger/index.ts';
import { boundHold } from './holding.ts';

export interface BatchSql extends Sql {
  /** Resolves when no statement holds the rows of the batch any more. */
  released(): Promise<void>;
}

/**
 * SQL for the handler of a batch. Each statement is checked and committed by itself: it is refused with
 * `run.fenced` when none of `fences` holds its run any more, as after the death that others took this worker for.
 */
export function openBatchSql(
  { handlers, detectionMs }: Ledger,
  fences: readonly Fence[],
  signal: AbortSignal,
): BatchSql {
  const open = new Set<Promise<unknown>>();

  function transact(text: string, values?: readonly unknown[]) {
    return handlers.transaction(async (tx) => {
      await boundHold(tx, detectionMs);
      await holdRuns(tx, fences);
      const rows = await tx.query(text, values);
      signal.throwIfAborted();
      return rows;
    });
  }

  return {
    async query(text, values) {
      signal.throwIfAborted();
      const held = transact(text, values);
      open.add(held);
      return held.finally(() => open.delete(held)) as never;
    },
    async released() {
      await Promise.allSettled(open);
    },
  };
}
