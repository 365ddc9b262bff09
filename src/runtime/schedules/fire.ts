import type { Calendar, Calendars } from '../../core/calendar.ts';
import { Failure, isFailure } from '../../core/errors.ts';
import { type DecidedFiring, decideFirings, type FiringDecision } from '../../core/firing.ts';
import type { Sql } from '../../core/sql.ts';
import { openTimetable } from '../../core/timetable.ts';
import {
  acceptIn,
  type CancelledRun,
  cancelRuns,
  type FiringCause,
  listUnfinished,
  listWaiting,
  lockSchedule,
  moveOn,
  type NewFiring,
  recordFirings,
  skipFull,
  type TimedSchedule,
} from '../../ledger/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { newRun } from '../enqueue.ts';

/** What firing takes. */
export interface FiringServices {
  readonly catalogue: Catalogue;
  readonly calendars: Calendars;
  /** Hears why a schedule cannot fire just now. */
  onError(error: unknown): void;
}

/** What came of a look at one schedule. */
export interface FiredSchedule {
  /** When to look again; undefined: never. */
  readonly lookAt: Date | undefined;
  /** Runs that made way; their deliveries may still lie in the queue. */
  readonly cancelled: readonly CancelledRun[];
  /** A firing that was later than its grace, and of which that was not known yet. */
  readonly missed?: Failure<'schedule.missed'>;
}

/**
 * Decides about every moment of the schedule that has come, and writes firings and runs, in `tx`, which has the
 * schedule's row. What cannot be decided now, because the job is unknown here or the calendar cannot be read, is
 * left for later, and nothing of it is lost.
 */
export async function fireSchedule(
  tx: Sql,
  services: FiringServices,
  name: string,
): Promise<FiredSchedule> {
  const schedule = await lockSchedule(tx, name);
  if (!schedule) return { lookAt: undefined, cancelled: [] };
  const calendar = await findCalendar(services, schedule);
  if (calendar === 'away' || !services.catalogue.has(schedule.job))
    return { lookAt: new Date(schedule.now.getTime() + patienceMs), cancelled: [] };
  const unfinished =
    schedule.rules.overlap === 'allow' ? [] : await listUnfinished(tx, schedule.name);
  const decision = decideFirings({
    rules: schedule.rules,
    timetable: openTimetable(name, schedule.rules),
    ...(calendar && { calendar }),
    now: schedule.now,
    nextDue: schedule.nextDue ?? undefined,
    isPaused: schedule.pausedAt !== null,
    isBusy: unfinished.length > 0,
    waiting: await listWaiting(tx, name),
  });
  if (decision.firings.length === 0) return { lookAt: decision.lookAt, cancelled: [] };
  const cancelled = decision.cancelsOld ? await cancelOld(tx, schedule, unfinished) : [];
  await writeFirings(tx, services, { schedule, firings: decision.firings, cause: 'schedule' });
  await moveOn(tx, name, decision.nextDue);
  return { lookAt: decision.lookAt, cancelled, ...tellMissed(schedule, decision) };
}

/** Another process may know the job, or somebody put the file back. */
const patienceMs = 10_000;

/**
 * Decides about all that has come, however much it is: what follows, an edit or a pause, is about what is still to
 * come. Answers what the last looks came to.
 */
export async function settleSchedule(
  tx: Sql,
  services: FiringServices,
  schedule: TimedSchedule,
): Promise<CancelledRun[]> {
  const cancelled: CancelledRun[] = [];
  for (;;) {
    const fired = await fireSchedule(tx, services, schedule.name);
    cancelled.push(...fired.cancelled);
    if (!fired.lookAt || fired.lookAt > schedule.now) return cancelled;
  }
}

/** Cancels the runs of a schedule that go on. */
export function cancelOld(
  tx: Sql,
  { name }: Pick<TimedSchedule, 'name'>,
  unfinished: readonly string[],
): Promise<CancelledRun[]> {
  return cancelRuns(tx, unfinished, `the schedule ${name} fired anew`);
}

/** Writes the firings, and a run for each that fires and has none yet. */
export async function writeFirings(
  tx: Sql,
  { catalogue }: Pick<FiringServices, 'catalogue'>,
  {
    schedule,
    firings,
    cause,
  }: {
    readonly schedule: Pick<TimedSchedule, 'name' | 'job' | 'payload' | 'version'>;
    readonly firings: readonly DecidedFiring[];
    readonly cause: FiringCause;
  },
): Promise<NewFiring[]> {
  const job = catalogue.find(schedule.job);
  const { name, payload } = schedule;
  // Written for older code: what it fires is brought up like any payload of that version.
  const version = schedule.version > 0 ? { version: schedule.version } : {};
  const made = firings.map((firing) => ({
    firing,
    run:
      firing.fate === 'fire'
        ? newRun(job, payload, { priority: 0, schedule: name, due: firing.due, ...version })
        : undefined,
  }));
  const rows = made.map(({ firing, run }) => ({ ...firing, cause, ...(run && { run: run.id }) }));
  const recorded = await recordFirings(tx, name, rows);
  const written = new Set(recorded.map((due) => due.getTime()));
  const runs = made.flatMap(({ firing, run }) =>
    run && written.has(firing.due.getTime()) ? run : [],
  );
  try {
    if (runs.length > 0) await acceptIn(tx, runs);
  } catch (error) {
    // A person is told; a schedule goes on.
    if (cause !== 'schedule' || !isFailure(error, 'queue.full')) throw error;
    await skipFull(tx, name, recorded);
  }
  return rows;
}

async function findCalendar(
  { calendars, onError }: FiringServices,
  { rules: { calendar } }: TimedSchedule,
): Promise<Calendar | undefined | 'away'> {
  if (calendar === undefined) return undefined;
  try {
    return await calendars.find(calendar);
  } catch (error) {
    if (!isCalendarFailure(error)) throw error;
    onError(error);
    return 'away';
  }
}

/** What is wrong with a calendar, and with nothing else. */
function isCalendarFailure(error: unknown): boolean {
  return (
    isFailure(error, 'calendar.unknown') ||
    isFailure(error, 'calendar.unreadable') ||
    isFailure(error, 'calendar.broken')
  );
}

function tellMissed(
  { name: schedule, rules: { grace }, missedAt }: TimedSchedule,
  { firings }: FiringDecision,
): Pick<FiredSchedule, 'missed'> {
  const late = firings.find(({ missed }) => missed);
  if (!late || missedAt !== null) return {};
  return {
    missed: new Failure('schedule.missed', { schedule, at: late.at.toISOString(), grace }),
  };
}
