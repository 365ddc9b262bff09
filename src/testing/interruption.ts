import { GiveBack } from '../core/endings.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { cancelRun, findRun } from '../ledger/index.ts';
import type { AttemptRequest } from '../runtime/index.ts';

/** What may come between a test's run and its end. */
export interface Interruption {
  readonly hold: AttemptRequest['hold'];
  /** The run, with a cancel that was asked for done. */
  findRun(): Promise<Run>;
}

/** Does to the run `id` what an abort of `signal` asks for, as cancel and a stopping worker would. */
export function watchForAbort(
  database: TransactionalSql,
  id: string,
  signal: AbortSignal = new AbortController().signal,
): Interruption {
  let underWay: AbortController | undefined;
  let cancelled: Promise<void> | undefined;

  async function cancel(reason: unknown): Promise<void> {
    try {
      const message = reason instanceof Error ? reason.message : String(reason);
      const { attempt } = await cancelRun(database, id, message);
      underWay?.abort(new Failure('run.fenced', { id, attempt }));
    } catch (error) {
      if (!isFailure(error, 'run.finished')) throw error;
    }
  }

  function interrupt(): void {
    if (signal.reason instanceof GiveBack) underWay?.abort(signal.reason);
    else cancelled = cancel(signal.reason);
  }

  if (signal.aborted) interrupt();
  else signal.addEventListener('abort', interrupt, { once: true });
  return {
    hold({ control }) {
      underWay = control;
      return () => {
        underWay = undefined;
      };
    },
    async findRun() {
      await cancelled;
      return findRun(database, id);
    },
  };
}
