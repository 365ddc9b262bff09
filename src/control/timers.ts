import type { PgBoss } from 'pg-boss';
import type { DurableTimers } from '../core/duty.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { boundHold } from './queries.ts';

const queue = 'timers';

/** Half of what a takeover may take. */
const holdMs = 7_000;

export interface TimerOptions {
  readonly database: TransactionalSql;
  readonly timers: DurableTimers;
  readonly settings: object;
  readonly pollSeconds: number;
  onError(error: unknown): void;
}

/** Sets every timer anew, and fires what is due, each by itself: what it does and the next timer are one transaction. */
export async function workTimers(boss: PgBoss, options: TimerOptions): Promise<void> {
  const { database, timers, settings, pollSeconds, onError } = options;
  await boss.createQueue(queue, { policy: 'short', ...settings });
  await boss.deleteQueuedJobs(queue);
  await armTimers(boss, timers);
  const work = { pollingIntervalSeconds: pollSeconds, localConcurrency: 4 };
  await boss.work<{ key: string }>(queue, work, async (jobs) => {
    for (const { data } of jobs) {
      try {
        await database.transaction(async (tx) => {
          await boundHold(tx, holdMs);
          const next = await timers.fire(tx, data.key);
          if (!next) return;
          const send = { singletonKey: data.key, startAfter: next, db: asBossDatabase(tx) };
          await boss.send(queue, data, send);
        });
      } catch (error) {
        onError(error);
        throw error;
      }
    }
  });
}

/** Sends every timer to its next moment; one that is set already stays as it is. */
export async function armTimers(boss: PgBoss, timers: DurableTimers): Promise<number> {
  const all = await timers.list();
  for (const { key, at } of all)
    await boss.send(queue, { key }, { singletonKey: key, startAfter: at });
  return all.length;
}

function asBossDatabase(tx: Sql) {
  return {
    async executeSql(text: string, values?: unknown[]) {
      return { rows: await tx.query(text, values) };
    },
  };
}
