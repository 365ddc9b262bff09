import type { DurableTimers, Timer } from '../../core/duty.ts';
import type { Failure } from '../../core/errors.ts';
import { openTimetable } from '../../core/timetable.ts';
import type { Database } from '../../db/index.ts';
import { listSchedules, listWaitingSchedules, scheduleChannel } from '../../ledger/index.ts';
import type { Queues } from '../../queue/index.ts';
import { withdrawAll } from '../withdraw.ts';
import { type FiringServices, fireSchedule } from './fire.ts';

export interface ScheduleTimerOptions extends FiringServices {
  readonly database: Database;
  readonly queues: Queues;
  /** Hears of a firing that was late beyond its grace, once for each. */
  onMissed(missed: Failure<'schedule.missed'>): void;
}

/** The timers of all schedules: a firing and its run are one transaction. */
export function scheduleTimers(options: ScheduleTimerOptions): DurableTimers {
  const { database, queues, onMissed } = options;
  return {
    async list(key) {
      const schedules = await listSchedules(database);
      const waiting = await listWaitingSchedules(database);
      const due = schedules.flatMap(({ name, rules, nextDue }): Timer[] =>
        nextDue ? [{ key: name, at: openTimetable(name, rules).plan(nextDue) }] : [],
      );
      const all = [...due, ...waiting.map(({ schedule, at }) => ({ key: schedule, at }))];
      return key === undefined ? all : all.filter((timer) => timer.key === key);
    },
    async fire(tx, name) {
      const { lookAt: next, cancelled, missed } = await fireSchedule(tx, options, name);
      return {
        next,
        async afterCommit() {
          if (missed) onMissed(missed);
          await withdrawAll(queues, cancelled);
        },
      };
    },
    watch: (onChange) => database.listen(scheduleChannel, (name) => onChange(name || undefined)),
  };
}
