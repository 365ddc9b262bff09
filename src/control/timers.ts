import type { PgBoss } from 'pg-boss';
import type { DurableTimers, Fired, Timer } from '../core/duty.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { boundHold } from './queries.ts';

const queue = 'timers';

/** Half of what a takeover may take. */
const holdMs = 7_000;

/** Four at once take what is due in batches, and do not wait for the next poll while these come full. */
const work = { localConcurrency: 4, batchSize: 10, burstWhenBatchFull: true };

export interface TimerOptions {
  readonly database: TransactionalSql;
  readonly timers: DurableTimers;
  readonly settings: object;
  readonly pollSeconds: number;
  onError(error: unknown): void;
}

/**
 * Sets every timer anew, and fires what is due, each by itself: what it does and the next timer are one transaction.
 * A timer that changes meanwhile is set again when it is told of. The answered function ends the listening.
 */
export async function workTimers(
  boss: PgBoss,
  options: TimerOptions,
): Promise<() => Promise<void>> {
  const { timers, settings, pollSeconds, onError } = options;
  await boss.createQueue(queue, { policy: 'short', ...settings });
  await boss.deleteQueuedJobs(queue);
  const unwatch = await timers.watch?.((key) => void armTimers(boss, timers, key).catch(onError));
  await armTimers(boss, timers);
  await boss.work<{ key: string }>(
    queue,
    { ...work, pollingIntervalSeconds: pollSeconds },
    (jobs) =>
      fireEach(
        boss,
        jobs.map(({ data }) => data.key),
        options,
      ),
  );
  return unwatch ?? (() => Promise.resolve());
}

/** Sends every timer, or that of `key`, to its next moment; one that is set for it already stays as it is. */
export async function armTimers(
  boss: PgBoss,
  timers: DurableTimers,
  key?: string,
): Promise<number> {
  const all = await timers.list(key);
  for (const timer of all) await send(boss, timer);
  return all.length;
}

/** One that fails holds up no other. The whole batch comes again then, and finds nothing to do where it was done. */
async function fireEach(
  boss: PgBoss,
  keys: readonly string[],
  options: TimerOptions,
): Promise<void> {
  const failures: unknown[] = [];
  for (const key of keys) {
    try {
      const fired = await fire(boss, key, options);
      await fired.afterCommit?.().catch(options.onError);
    } catch (error) {
      options.onError(error);
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function fire(boss: PgBoss, key: string, { database, timers }: TimerOptions): Promise<Fired> {
  return database.transaction(async (tx) => {
    await boundHold(tx, holdMs);
    const fired = await timers.fire(tx, key);
    if (fired.next) await send(boss, { key, at: fired.next }, tx);
    return fired;
  });
}

/** One job waits for each key and moment: when the moment is another, the job of the old one finds nothing to do. */
async function send(boss: PgBoss, { key, at }: Timer, tx?: Sql): Promise<void> {
  const options = { singletonKey: `${key} ${at.toISOString()}`, startAfter: at };
  await boss.send(queue, { key }, { ...options, ...(tx && { db: asBossDatabase(tx) }) });
}

function asBossDatabase(tx: Sql) {
  return {
    async executeSql(text: string, values?: unknown[]) {
      return { rows: await tx.query(text, values) };
    },
  };
}
