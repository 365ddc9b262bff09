import type { Sql, TransactionalSql } from '../core/sql.ts';
import { listQueues, writePause, writeResume } from '../ledger/index.ts';
import type { Consumer, Queues } from '../queue/index.ts';
import { orAway } from './lost.ts';

interface Places {
  readonly sql: Sql;
  readonly queues: Queues;
}

/**
 * Stops a job in every worker: nothing of it begins until it is resumed, what is active goes on. The row in
 * Postgres is the pause, and claims obey it; the queue is told so that Bull Board shows it, and rescue tells it again.
 */
export async function pauseJob(
  { sql, queues }: Places & { readonly sql: TransactionalSql },
  pause: { readonly job: string; readonly by?: string; readonly reason?: string },
): Promise<void> {
  await sql.transaction((tx) => writePause(tx, pause));
  await orAway(() => queues.pause(pause.job));
}

export async function resumeJob(
  { sql, queues }: Places & { readonly sql: TransactionalSql },
  job: string,
): Promise<void> {
  await sql.transaction((tx) => writeResume(tx, job));
  await orAway(() => queues.resume(job));
}

/** Brings the queues to what the rows say, as after a wipe. Jobs without a row are left as they are. */
export async function restorePauses({ sql, queues }: Places): Promise<number> {
  let changed = 0;
  for (const { job, pausedAt } of await listQueues(sql)) {
    const shouldPause = pausedAt !== null;
    if ((await queues.isPaused(job)) === shouldPause) continue;
    await (shouldPause ? queues.pause(job) : queues.resume(job));
    changed++;
  }
  return changed;
}

/** A worker's view of the pauses: its consumers obey the rows, whatever the queue says. */
export interface Pauses {
  /** True for every job once it is closed: a worker that stops begins nothing. */
  isPaused(job: string): boolean;
  /** Reads the rows; pauses, starts and resumes the consumers accordingly. */
  refresh(): Promise<void>;
  /** Lets go of the consumers: they are about to be closed, and nothing starts them again. */
  close(): void;
}

/** Nothing starts before the first `refresh`. */
export function openPauses(sql: Sql, consumers: ReadonlyMap<string, Consumer>): Pauses {
  let paused = new Set<string>();
  const obeying = new Map<string, 'takes' | 'rests'>();
  let last: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function refresh(): Promise<void> {
    const rows = await listQueues(sql);
    paused = new Set(rows.filter(({ pausedAt }) => pausedAt !== null).map(({ job }) => job));
    for (const [job, consumer] of consumers) if (!isClosed) await obey(job, consumer);
  }

  async function obey(job: string, consumer: Consumer): Promise<void> {
    const before = obeying.get(job);
    const now = paused.has(job) ? 'rests' : 'takes';
    if (before === now) return;
    if (now === 'rests') await consumer.pause();
    else consumer.start();
    if (before === 'rests') await consumer.resume();
    obeying.set(job, now);
  }

  return {
    isPaused: (job) => isClosed || paused.has(job),
    // One after the other: an older answer must not overrule a newer one.
    refresh: () => (last = last.catch(() => {}).then(refresh)),
    close() {
      isClosed = true;
    },
  };
}
