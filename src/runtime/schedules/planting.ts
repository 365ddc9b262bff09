import { createHash } from 'node:crypto';
import { nextDueAfterChange } from '../../core/next-due.ts';
import type { Schedule } from '../../core/schedule.ts';
import type { Sql, TransactionalSql } from '../../core/sql.ts';
import {
  claimPlanting,
  leavePlanting,
  lockSchedules,
  readTime,
  type ScheduleDefinition,
  seedSchedules,
  tellSchedule,
} from '../../ledger/index.ts';
import { checkPayload } from '../catalogue.ts';
import { type FiringServices, settleSchedule } from './fire.ts';

/** What config says, and what it speaks of. */
export interface Planting extends FiringServices {
  readonly schedules: readonly Schedule[];
}

/** Brings what config says into the database; throws `job.unknown` or `payload.invalid` before anything is written. */
export async function plantSchedules(
  database: TransactionalSql,
  planting: Planting,
): Promise<void> {
  const plan = readPlan(planting);
  await database.transaction((tx) => seed(tx, planting, plan));
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
 * A calendar that cannot be read is told to `onError`; its schedule waits for it.
 */
export async function keepSchedules(
  database: TransactionalSql,
  planting: Planting,
): Promise<Gardener> {
  const { onError } = planting;
  const plan = readPlan(planting);
  const hash = hashOf(plan);
  const look = () =>
    database.transaction(async (tx) => {
      if (await claimPlanting(tx, hash)) await seed(tx, planting, plan);
    });
  await lookAtCalendars(planting);
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
type Plan = readonly (ScheduleDefinition & { readonly name: string })[];

function hashOf(plan: Plan): string {
  const written = plan.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(written)).digest('hex');
}

function readPlan({ catalogue, schedules }: Planting): Plan {
  return schedules.map(({ name, job: { name: job }, payload, rules }) => {
    const known = catalogue.find(job);
    const checked = checkPayload(known, payload, catalogue.payloadLimit);
    return { name, job, payload: checked, version: known.version, rules };
  });
}

async function lookAtCalendars({ schedules, calendars, onError }: Planting): Promise<void> {
  for (const { rules } of schedules)
    if (rules.calendar !== undefined) await calendars.find(rules.calendar).catch(onError);
}

/**
 * What has come is decided by the rules under which it came. The first moments follow the clock of the database,
 * like all others: that of a process may be far off.
 */
async function seed(tx: Sql, services: FiringServices, plan: Plan): Promise<void> {
  const now = await readTime(tx);
  for (const schedule of await lockSchedules(tx))
    if (schedule.nextDue && schedule.nextDue <= now) await settleSchedule(tx, services, schedule);
  const before = new Map((await lockSchedules(tx)).map((schedule) => [schedule.name, schedule]));
  const rows = plan.map((one) => ({
    ...one,
    nextDue: nextDueAfterChange(one.name, one.rules, { before: before.get(one.name), now }),
  }));
  await seedSchedules(tx, rows);
  await tellSchedule(tx, '');
}
