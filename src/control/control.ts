import type { PgBoss } from 'pg-boss';
import type { DurableTimers, Duty } from '../core/duty.ts';
import type { Sql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import { openBoss } from './boss.ts';

/** The control plane of this process. Any number of processes may have one; each duty runs once at a time. */
export interface Control {
  /** Makes sure that every key of the timers has one waiting; cheap to call again. */
  arm(): Promise<void>;
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly database: Database;
  readonly duties: readonly Duty[];
  readonly timers: DurableTimers;
  onError(error: unknown): void;
}

const dutyQueue = 'duties';
const timerQueue = 'timers';
const pollSeconds = 0.5;
/** What is done is forgotten after an hour: pg-boss counts all it keeps each time it looks for dead holders. */
const queueSettings = { heartbeatSeconds: 10, retryLimit: 1_000_000, deleteAfterSeconds: 3600 };

/** Opens pg-boss on the database, sets every timer anew and begins the duties. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const boss = await openBoss(options.database, options.onError);
  await boss.createQueue(dutyQueue, {
    policy: 'stately',
    ...queueSettings,
  });
  await boss.createQueue(timerQueue, {
    policy: 'short',
    ...queueSettings,
  });
  await boss.deleteQueuedJobs(timerQueue);
  await arm(boss, options.timers);
  await workTimers(boss, options);
  await workDuties(boss, options);
  let closing: Promise<void> | undefined;
  return {
    arm: () => arm(boss, options.timers),
    close: () => (closing ??= boss.stop({ graceful: true, timeout: 5000 })),
  };
}

async function arm(boss: PgBoss, timers: DurableTimers): Promise<void> {
  for (const { key, at } of await timers.list())
    await boss.send(timerQueue, { key }, { singletonKey: key, startAfter: at });
}

/** Fires what is due; what it does and the next timer are one transaction. */
async function workTimers(
  boss: PgBoss,
  { database, timers, onError }: ControlOptions,
): Promise<void> {
  await boss.work<{ key: string }>(
    timerQueue,
    { batchSize: 20, pollingIntervalSeconds: pollSeconds },
    async (jobs) => {
      for (const { data } of jobs) {
        try {
          await database.transaction(async (tx) => {
            const next = await timers.fire(tx, data.key);
            if (!next) return;
            const options = { singletonKey: data.key, startAfter: next, db: asBossDatabase(tx) };
            await boss.send(timerQueue, data, options);
          });
        } catch (error) {
          onError(error);
          throw error;
        }
      }
    },
  );
}

/** Each duty is one job that sends itself again: pg-boss lets one wait and one run, whoever sends it. */
async function workDuties(boss: PgBoss, { duties, onError }: ControlOptions): Promise<void> {
  const byName = new Map(duties.map((duty) => [duty.name, duty]));
  await boss.work<{ name: string }>(
    dutyQueue,
    { pollingIntervalSeconds: pollSeconds, localConcurrency: duties.length },
    async (jobs) => {
      for (const { data } of jobs) {
        const duty = byName.get(data.name);
        if (!duty) continue;
        try {
          await duty.run();
        } catch (error) {
          onError(error);
        }
        await sendDuty(boss, duty, duty.periodSeconds);
      }
    },
  );
  for (const duty of duties) await sendDuty(boss, duty, 0);
}

async function sendDuty(boss: PgBoss, { name }: Duty, startAfter: number): Promise<void> {
  await boss.send(dutyQueue, { name }, { singletonKey: name, startAfter });
}

function asBossDatabase(tx: Sql) {
  return {
    async executeSql(text: string, values?: unknown[]) {
      return { rows: await tx.query(text, values) };
    },
  };
}
