import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, type Run } from '../../core/run.ts';
import type { Sql } from '../../core/sql.ts';
import { findRun } from '../../ledger/index.ts';

/** The run once it has ended, or as it is after `ms`, or when the server closes. */
export async function waitForEnd(
  sql: Sql,
  { id, ms, closing }: { id: string; ms: number; closing: AbortSignal },
): Promise<Run> {
  const until = performance.now() + ms;
  for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 1.5)) {
    const run = await findRun(sql, id);
    if (isFinal(run.state) || performance.now() >= until || closing.aborted) return run;
    await sleep(Math.min(pauseMs, until - performance.now()));
  }
}
