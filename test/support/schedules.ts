import { openCalendars } from '../../src/connectors/calendar/index.ts';
import type { Schedule } from '../../src/core/schedule.ts';
import type { Database } from '../../src/db/index.ts';
import type { Queues } from '../../src/queue/index.ts';
import { type Catalogue, plantSchedules, scheduleTimers } from '../../src/runtime/index.ts';
import { openIdleQueues } from '../../src/testing/idle-queues.ts';

/** What schedules take, on a database of a test. */
export interface ScheduleParts {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly queues?: Queues;
  /** Hears of missed firings, too. */
  readonly onError?: (error: unknown) => void;
}

/** The same with what a test leaves out. */
export function scheduleServices({ queues, onError = throwAgain, ...parts }: ScheduleParts) {
  const calendars = openCalendars({ onError });
  return { queues: queues ?? openIdleQueues(), onError, onMissed: onError, calendars, ...parts };
}

/** The timers of all schedules. */
export function timersOf(parts: ScheduleParts) {
  return scheduleTimers(scheduleServices({ onError: () => undefined, ...parts }));
}

/** Config says these schedules, and no others. */
export function plant(parts: ScheduleParts, schedules: readonly Schedule[]): Promise<void> {
  return plantSchedules(parts.database, { ...scheduleServices(parts), schedules });
}

function throwAgain(error: unknown): never {
  throw error;
}
