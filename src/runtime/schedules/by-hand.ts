import { Failure } from '../../core/errors.ts';
import type { DecidedFiring } from '../../core/firing.ts';
import type { Sql } from '../../core/sql.ts';
import {
  type CancelledRun,
  listTaken,
  listUnfinished,
  requireSchedule,
  type TimedSchedule,
  tellSchedule,
} from '../../ledger/index.ts';
import { withdrawAll } from '../withdraw.ts';
import type { EditServices } from './edits.ts';
import { cancelOld, settleSchedule, writeFirings } from './fire.ts';

/** A firing that a person asked for: its run, or none yet while it waits for an earlier one. */
export interface FiredByHand {
  readonly due: Date;
  readonly run: string | null;
}

/**
 * Fires a schedule now, paused or not, beside its own moments, and by its overlap policy. Throws
 * `schedule.overlaps` where that is to skip and a run goes on.
 */
export async function runSchedule(services: EditServices, name: string): Promise<FiredByHand> {
  const { cancelled, ...fired } = await services.database.transaction(async (tx) => {
    const schedule = await requireSchedule(tx, name);
    const settled = await settleSchedule(tx, services, schedule);
    const due = await findFreeMoment(tx, schedule);
    const { fate, cancelled } = await makeWay(tx, schedule);
    const firing: DecidedFiring = {
      due,
      at: due,
      fate,
      why: fate === 'wait' ? 'overlap' : null,
      missed: false,
    };
    const [row] = await writeFirings(tx, services, {
      schedule,
      firings: [firing],
      cause: 'by hand',
    });
    await tellSchedule(tx, name);
    return { due, run: row?.run ?? null, cancelled: [...settled, ...cancelled] };
  });
  await withdrawAll(services.queues, cancelled);
  return fired;
}

async function makeWay(
  tx: Sql,
  schedule: TimedSchedule,
): Promise<{ readonly fate: 'fire' | 'wait'; readonly cancelled: readonly CancelledRun[] }> {
  const { name, rules } = schedule;
  const unfinished = rules.overlap === 'allow' ? [] : await listUnfinished(tx, name);
  if (unfinished.length === 0) return { fate: 'fire', cancelled: [] };
  if (rules.overlap === 'skip') throw new Failure('schedule.overlaps', { schedule: name });
  if (rules.overlap === 'queue') return { fate: 'wait', cancelled: [] };
  return { fate: 'fire', cancelled: await cancelOld(tx, schedule, unfinished) };
}

/** A moment has one firing at the most, and the schedule may have fired in the same millisecond. */
async function findFreeMoment(tx: Sql, { name, now }: TimedSchedule): Promise<Date> {
  const moments = Array.from({ length: 100 }, (_, i) => new Date(now.getTime() - i));
  const taken = new Set((await listTaken(tx, name, moments)).map((due) => due.getTime()));
  return moments.find((moment) => !taken.has(moment.getTime())) ?? now;
}
