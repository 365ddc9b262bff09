import { Failure } from '../../core/errors.ts';
import { coversJob, type JobScope } from '../../core/job-scope.ts';
import { nextDueAfterChange } from '../../core/next-due.ts';
import { checkDefinition } from '../../core/schedule.ts';
import {
  completeRules,
  type ScheduleRuleOptions,
  type ScheduleRules,
} from '../../core/schedule-rules.ts';
import type { Sql, TransactionalSql } from '../../core/sql.ts';
import {
  type Doing,
  deleteSchedule,
  findPlanted,
  findSchedule,
  lockSchedule,
  pauseSchedule,
  readTime,
  requireSchedule,
  resumeSchedule,
  type ScheduleDefinition,
  skipWaiting,
  type TimedSchedule,
  tellSchedule,
  writeEdit,
  writeReset,
} from '../../ledger/index.ts';
import type { Queues } from '../../queue/index.ts';
import { checkStored } from '../catalogue.ts';
import { withdrawAll } from '../withdraw.ts';
import { type FiringServices, settleSchedule } from './fire.ts';

/** What a person's actions on schedules take. */
export interface EditServices extends FiringServices {
  readonly database: TransactionalSql;
  readonly queues: Queues;
}

/** A schedule as a person writes it. */
export interface WrittenSchedule {
  readonly name: string;
  readonly job: string;
  readonly payload: unknown;
  readonly rules: ScheduleRuleOptions;
}

/** What is to be another; null takes a rule away. */
export interface ScheduleChanges {
  readonly job?: string | undefined;
  readonly payload?: unknown;
  readonly rules?: {
    readonly [Rule in keyof ScheduleRules]?: ScheduleRules[Rule] | null | undefined;
  };
}

/** Creates a schedule at run time; no deploy takes it away. Throws `schedule.taken`, and what is wrong with it. */
export async function createSchedule(
  services: EditServices,
  { name, job, payload, rules: written }: WrittenSchedule,
  doing: Doing,
): Promise<TimedSchedule> {
  const definition = { job, payload, version: 0, rules: completeRules(written) };
  const checked = await check(services, name, definition);
  return change(services, name, async (tx) => {
    if (await lockSchedule(tx, name)) throw new Failure('schedule.taken', { schedule: name });
    const now = await readTime(tx);
    const nextDue = nextDueAfterChange(name, checked.rules, { before: undefined, now });
    await writeEdit(tx, { name, ...checked, nextDue }, doing);
  });
}

/** Changes a schedule; from then on it is the person's, whatever config says, until it is reset. */
export async function editSchedule(
  services: EditServices,
  name: string,
  { doing, ...changes }: ScheduleChanges & { readonly doing: Doing },
): Promise<TimedSchedule> {
  // Calendars are read before the row is locked.
  await check(services, name, merge(await findSchedule(services.database, name), changes));
  return change(services, name, async (tx) => {
    const before = await requireSchedule(tx, name);
    const checked = await check(services, name, merge(before, changes));
    const nextDue = nextDueAfterChange(name, checked.rules, { before, now: before.now });
    await writeEdit(tx, { name, ...checked, nextDue }, doing);
  });
}

/**
 * Goes back to what config says, also after a deletion; a pause ends, too. Throws `schedule.unplanted` when config says
 * nothing, or something of a job beyond `within`.
 */
export async function resetSchedule(
  services: EditServices,
  name: string,
  within?: JobScope,
): Promise<TimedSchedule> {
  return change(services, name, async (tx) => {
    const planted = await findPlanted(tx, name);
    if (!planted || !coversJob(within, planted.job))
      throw new Failure('schedule.unplanted', { schedule: name });
    const before = await lockSchedule(tx, name);
    const now = await readTime(tx);
    await writeReset(tx, name, {
      planted,
      nextDue: nextDueAfterChange(name, planted.rules, { before, now }),
    });
  });
}

/** Takes a schedule away, and what waits for it; its runs go on. No deploy brings it back. */
export async function removeSchedule(
  services: EditServices,
  name: string,
  doing: Doing,
): Promise<void> {
  await settled(services, name, async (tx) => {
    await requireSchedule(tx, name);
    await skipWaiting(tx, name);
    await deleteSchedule(tx, name, doing);
  });
}

/** From now on every firing is skipped, and written down as that. */
export async function pause(
  services: EditServices,
  name: string,
  doing: Doing,
): Promise<TimedSchedule> {
  return change(services, name, (tx) => pauseSchedule(tx, name, doing));
}

/** Firings are made again from now on; those of the pause were skipped. */
export async function resume(services: EditServices, name: string): Promise<TimedSchedule> {
  return change(services, name, (tx) => resumeSchedule(tx, name));
}

async function change(
  services: EditServices,
  name: string,
  write: (tx: Sql) => Promise<void>,
): Promise<TimedSchedule> {
  await settled(services, name, write);
  return findSchedule(services.database, name);
}

/** What came before the change is decided by what stood then. */
async function settled(
  services: EditServices,
  name: string,
  write: (tx: Sql) => Promise<void>,
): Promise<void> {
  const cancelled = await services.database.transaction(async (tx) => {
    const before = await lockSchedule(tx, name);
    const made = before ? await settleSchedule(tx, services, before) : [];
    await write(tx);
    await tellSchedule(tx, name);
    return made;
  });
  await withdrawAll(services.queues, cancelled);
}

async function check(
  { catalogue, calendars }: EditServices,
  name: string,
  { job, payload, version, rules }: ScheduleDefinition,
): Promise<ScheduleDefinition> {
  checkDefinition(name, rules);
  const known = catalogue.find(job);
  const checked = checkStored(known, { payload, version }, catalogue.payloadLimit);
  if (rules.calendar !== undefined) await calendars.find(rules.calendar);
  return { job, payload: checked, version: version > 0 ? version : known.version, rules };
}

/** A cron takes the place of an interval, and the other way round; without a calendar there is no rule for its days. */
function merge(before: ScheduleDefinition, changes: ScheduleChanges): ScheduleDefinition {
  const given = changes.rules ?? {};
  const rules = {
    ...before.rules,
    ...(given.cron != null && { every: null }),
    ...(given.every != null && { cron: null }),
    ...(given.calendar === null && { onHoliday: null }),
    ...(given.misfire === 'skip' && { within: null }),
    ...given,
  };
  const written = Object.entries(rules).filter(([, value]) => value !== null);
  const isSame = changes.job === undefined && changes.payload === undefined;
  return {
    job: changes.job ?? before.job,
    // A payload that a person gives is of today's version.
    version: isSame ? before.version : 0,
    payload: changes.payload === undefined ? before.payload : changes.payload,
    rules: completeRules(Object.fromEntries(written)),
  };
}
