import type { DurableTimers } from '../core/duty.ts';
import { nextFiring, type Schedule } from '../core/schedule.ts';
import type { Sql } from '../core/sql.ts';
import { listSchedules, lockDue, recordFiring, seedSchedules } from '../ledger/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { enqueueIn, newRun } from './enqueue.ts';

/** Brings what config says into the database; throws `job.unknown` or `payload.invalid` before anything is written. */
export async function plantSchedules(
  sql: Sql,
  {
    catalogue,
    schedules,
    now,
  }: { catalogue: Catalogue; schedules: readonly Schedule[]; now: Date },
): Promise<void> {
  const rows = schedules.map(({ name, job, payload, cron, timezone }) => ({
    name,
    job: job.name,
    payload: checkPayload(catalogue.find(job.name), payload, catalogue.payloadLimit),
    cron,
    timezone,
    nextDue: nextFiring(cron, timezone, now),
  }));
  await seedSchedules(sql, rows);
}

/** The timers of all schedules: a firing and its run are one transaction. */
export function scheduleTimers(options: {
  readonly sql: Sql;
  readonly catalogue: Catalogue;
  now(): Date;
}): DurableTimers {
  const { sql, catalogue, now } = options;
  return {
    async list() {
      return (await listSchedules(sql)).map(({ name, nextDue }) => ({ key: name, at: nextDue }));
    },
    async fire(tx, name) {
      const schedule = await lockDue(tx, name);
      if (!schedule) return (await listSchedules(tx)).find((other) => other.name === name)?.nextDue;
      const run = newRun(catalogue.find(schedule.job), schedule.payload, {
        priority: 0,
        schedule: name,
      });
      // The clock of this process may be behind that of the database, which said that it is due.
      const after = new Date(Math.max(now().getTime(), schedule.nextDue.getTime()));
      const next = nextFiring(schedule.cron, schedule.timezone, after);
      await enqueueIn(tx, run);
      await recordFiring(tx, schedule, { run: run.id, next });
      return next;
    },
  };
}
