import {
  type BackfilledMoment,
  decideBackfill,
  listMoments,
  mostBackfilled,
  toFirings,
} from '../../core/backfill.ts';
import { Failure } from '../../core/errors.ts';
import type { Sql } from '../../core/sql.ts';
import { openTimetable, parseMoment } from '../../core/timetable.ts';
import {
  listTaken,
  requireSchedule,
  type TimedSchedule,
  tellSchedule,
} from '../../ledger/index.ts';
import { withdrawAll } from '../withdraw.ts';
import type { EditServices } from './edits.ts';
import { settleSchedule, writeFirings } from './fire.ts';

/** A range of the past, as people write it. */
export interface BackfillOrder {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Only tell what would become of each moment. */
  readonly dryRun: boolean;
}

/**
 * Makes up for the moments of a range of the past, each once and with its own due time; where runs may not overlap
 * they go one after the other. Throws `schedule.missing`, `schedule.backfill` and what is wrong with the calendar.
 */
export async function backfillSchedule(
  services: EditServices,
  order: BackfillOrder,
): Promise<BackfilledMoment[]> {
  const made = await services.database.transaction(async (tx) => {
    const schedule = await requireSchedule(tx, order.name);
    // What the schedule itself has not come to yet is its own to decide.
    const cancelled = order.dryRun ? [] : await settleSchedule(tx, services, schedule);
    const moments = await decide(tx, services, { schedule, order });
    if (order.dryRun) return { moments, cancelled };
    const firings = toFirings(moments, schedule.now);
    await writeFirings(tx, services, { schedule, firings, cause: 'backfill' });
    await tellSchedule(tx, order.name);
    return { moments, cancelled };
  });
  await withdrawAll(services.queues, made.cancelled);
  return made.moments;
}

async function decide(
  tx: Sql,
  { calendars }: EditServices,
  { schedule, order }: { readonly schedule: TimedSchedule; readonly order: BackfillOrder },
): Promise<BackfilledMoment[]> {
  const { name, rules, now } = schedule;
  const timetable = openTimetable(name, rules);
  const [from, to] = [order.from, order.to].map((text) => readMoment(name, text, timetable));
  if (to! < from!) throw refuse(name, `${order.to} is before ${order.from}`);
  if (to! > now) throw refuse(name, `${order.to} is not past`);
  const moments = listMoments(timetable, from!, to!);
  if (moments.length > mostBackfilled)
    throw refuse(name, `it has more than ${mostBackfilled} moments; do it in parts`);
  const calendar = rules.calendar === undefined ? undefined : await calendars.find(rules.calendar);
  const taken = await listTaken(tx, name, moments);
  return decideBackfill(moments, { rules, timetable, calendar, taken });
}

function readMoment(name: string, text: string, { clock }: ReturnType<typeof openTimetable>): Date {
  try {
    return new Date(parseMoment(text, clock));
  } catch (error) {
    throw refuse(name, (error as Error).message.replace(/\.$/, ''));
  }
}

function refuse(schedule: string, reason: string): Failure {
  return new Failure('schedule.backfill', { schedule, reason });
}
