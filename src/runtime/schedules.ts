import { createHash } from 'node:crypto';
import type { DurableTimers } from '../core/duty.ts';
import { nextFiring, type Schedule } from '../core/schedule.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import {
  claimPlanting,
  leavePlanting,
  listSchedules,
  lockDue,
  readTime,
  recordFiring,
  type ScheduleRow,
  seedSchedules,
} from '../ledger/index.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { enqueueIn, newRun } from './enqueue.ts';

/** What config says, and the jobs it speaks of. */
export interface Planting {
  readonly catalogue: Catalogue;
  readonly schedules: readonly Schedule[];
}

/** Brings what config says into the database; throws `job.unknown` or `payload.invalid` before anything is written. */
export async function plantSchedules(sql: Sql, planting: Planting): Promise<void> {
  await seed(sql, readPlan(planting));
}

/** Keeps the schedules in the database those of the newest version that is alive. */
export interface Gardener {
  /** Leaves the schedules to other versions, if there are any. */
  close(): Promise<void>;
}

const lookMs = 20_000;

/**
 * Plants the schedules unless a newer set of them is alive: an old process that starts again in the middle
 * of a deploy takes nothing away. When the newer ones are gone for a minute, as after a roll back, it does.
 */
export async function keepSchedules(
  database: TransactionalSql,
  planting: Planting & { onError(error: unknown): void },
): Promise<Gardener> {
  const { onError } = planting;
  const plan = readPlan(planting);
  const hash = hashOf(plan);
  const look = () =>
    database.transaction(async (tx) => {
      if (await claimPlanting(tx, hash)) await seed(tx, plan);
    });
  await look();
  const timer = setInterval(() => void look().catch(onError), lookMs);
  return {
    async close() {
      clearInterval(timer);
      await leavePlanting(database, hash);
    },
  };
}

/** What a person wrote, in the words of the ledger. */
type Plan = readonly Omit<ScheduleRow, 'nextDue'>[];

function hashOf(plan: Plan): string {
  const written = plan.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(written)).digest('hex');
}

function readPlan({ catalogue, schedules }: Planting): Plan {
  return schedules.map(({ name, job, payload, cron, timezone }) => ({
    name,
    job: job.name,
    payload: checkPayload(catalogue.find(job.name), payload, catalogue.payloadLimit),
    cron,
    timezone,
  }));
}

/** The first firings follow the clock of the database, like all others: that of a process may be far off. */
async function seed(sql: Sql, plan: Plan): Promise<void> {
  const now = await readTime(sql);
  const rows = plan.map((one) => ({ ...one, nextDue: nextFiring(one.cron, one.timezone, now) }));
  await seedSchedules(sql, rows);
}

/** The timers of all schedules: a firing and its run are one transaction. */
export function scheduleTimers(options: {
  readonly sql: Sql;
  readonly catalogue: Catalogue;
}): DurableTimers {
  const { sql, catalogue } = options;
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
      const next = nextFiring(schedule.cron, schedule.timezone, schedule.now);
      await enqueueIn(tx, run);
      await recordFiring(tx, schedule, { run: run.id, next });
      return next;
    },
  };
}
