import type { PgBoss } from 'pg-boss';
import type { DurableTimers, Duty } from '../core/duty.ts';
import type { Database } from '../db/index.ts';
import { workDuties } from './duties.ts';
import { armTimers, workTimers } from './timers.ts';

/** The control plane of this process. Any number of processes may have one; each duty runs once at a time. */
export interface Control {
  /** Hands over what it does to the other control planes at once. */
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly database: Database;
  readonly duties: readonly Duty[];
  readonly timers: DurableTimers;
  onError(error: unknown): void;
}

/** Both queues: a holder that died is noticed in 10 s. What is done is forgotten after ten minutes: pg-boss counts all it keeps. */
const settings = { heartbeatSeconds: 10, retryLimit: 1_000_000, deleteAfterSeconds: 600 };
const pollSeconds = 0.5;

/** Starts pg-boss on the database, sets every timer anew and begins the duties; throws `database.unreachable`. */
export async function openControl(options: ControlOptions): Promise<Control> {
  // Imported where it is used: whoever only looks at duties has no need of pg-boss.
  const { openBoss } = await import('./boss.ts');
  const boss = openBoss(options.database, options.onError);
  let unwatch = () => Promise.resolve();
  const stop = async () => {
    await unwatch();
    await boss.stop({ graceful: true, timeout: 5000 });
  };
  try {
    await boss.start();
    unwatch = await begin(boss, options);
  } catch (error) {
    await stop();
    const { driver } = options.database;
    throw driver.kind === 'postgres' ? driver.queryFailure(error) : error;
  }
  let closing: Promise<void> | undefined;
  return { close: () => (closing ??= stop()) };
}

async function begin(boss: PgBoss, { database, duties, timers, onError }: ControlOptions) {
  // Whoever has the data folder is alone: what an earlier process was at is nobody's any more.
  if (database.driver.kind === 'pglite') await boss.deleteAllJobs();
  const unwatch = await workTimers(boss, { database, timers, settings, pollSeconds, onError });
  const all = [...duties, armDuty(boss, timers)];
  await workDuties(boss, { sql: database, duties: all, settings, pollSeconds, onError });
  return unwatch;
}

/** A timer that got lost with its process is set again within a minute. */
function armDuty(boss: PgBoss, timers: DurableTimers): Duty {
  return {
    name: 'timers',
    periodSeconds: 60,
    run: async () => ({ timers: await armTimers(boss, timers) }),
  };
}
