import type { Duty } from '../../core/duty.ts';
import { Failure } from '../../core/errors.ts';
import type { Sql } from '../../core/sql.ts';
import { listOverdueSchedules, markMissed, type TimedSchedule } from '../../ledger/index.ts';
import { stateOf } from './showing.ts';

/** The schedules with a firing that is later than its grace, and nothing has become of; any process can tell. */
export async function listMissed(sql: Sql): Promise<TimedSchedule[]> {
  return (await listOverdueSchedules(sql)).filter(
    (schedule) => stateOf(schedule).state === 'missed',
  );
}

/** A missed firing as people hear of it. */
export function missedFailure(schedule: TimedSchedule): Failure<'schedule.missed'> {
  const at = stateOf(schedule).nextAt?.toISOString() ?? 'no time';
  return new Failure('schedule.missed', {
    schedule: schedule.name,
    at,
    grace: schedule.rules.grace,
  });
}

/** The duty that tells of each missed firing once, whichever process it is in. */
export function missedDuty(
  sql: Sql,
  onMissed: (missed: Failure<'schedule.missed'>) => void,
): Duty & { run(): Promise<{ missed: number }> } {
  return {
    name: 'missed-firings',
    periodSeconds: 15,
    async run() {
      const missed = await listMissed(sql);
      const unknown = missed.filter(({ missedAt }) => missedAt === null).map(({ name }) => name);
      const marked = unknown.length > 0 ? await markMissed(sql, unknown) : [];
      for (const schedule of missed)
        if (marked.includes(schedule.name)) onMissed(missedFailure(schedule));
      return { missed: missed.length };
    },
  };
}
