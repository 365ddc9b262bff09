import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../db/index.ts';
import type { Queues } from '../queue/index.ts';
import { dispatchOrPost } from './dispatch.ts';
import { passGate } from './gate-pass.ts';

/** Passes over the gate of one job, one after the other, and at the moment that the last one found out. */
export interface Keeper {
  /** Passes soon; whatever asks meanwhile is served by one more. */
  wake(): void;
  /** A pass that begins after the call; resolves to the number of runs it let go. */
  pass(): Promise<number>;
  /** Resolves when no pass is under way, and lets none begin. */
  close(): Promise<void>;
}

export interface KeeperServices {
  readonly database: Database;
  readonly queues: Queues;
  onError(error: unknown): void;
}

/** After a pass that failed, as while the database is away. */
const restMs = 2000;

export function openKeeper(services: KeeperServices, job: string): Keeper {
  let isAsked = false;
  let isResting = false;
  let isClosed = false;
  let passing: Promise<void> | undefined;
  const alarm = openAlarm(() => {
    isResting = false;
    wake();
  });

  async function passWhileAsked(): Promise<void> {
    try {
      while (isAsked && !isClosed) {
        // A database in this process answers without a turn of the event loop: timers and sockets have theirs here.
        await nextTurn();
        isAsked = false;
        await passOnce(services, { job, alarm });
      }
    } catch (error) {
      isResting = true;
      alarm.set(restMs);
      services.onError(error);
    }
    passing = undefined;
  }

  function wake(): void {
    isAsked = true;
    if (!isResting && !isClosed) passing ??= passWhileAsked();
  }

  return {
    wake,
    pass: () => passOnce(services, { job, alarm }),
    async close() {
      isClosed = true;
      alarm.close();
      await passing;
    },
  };
}

/** Lets go what may go, and sets the alarm to when more may. */
async function passOnce(
  { database, queues }: KeeperServices,
  { job, alarm }: { readonly job: string; readonly alarm: Alarm },
): Promise<number> {
  const { released, nextMs } = await passGate(database, job);
  if (nextMs !== null) alarm.set(nextMs);
  const runs = released.map((run) => ({ ...run, job, priority: 0, delayMs: 0 }));
  if (runs.length > 0) await dispatchOrPost({ queues, sql: database }, ...runs);
  return runs.length;
}

/** So long it lets be what a pass could not touch, since somebody holds it. */
const leastMs = 10;

/** The longest that a timer of Node can wait. */
const longestMs = 2 ** 31 - 1;

type Alarm = ReturnType<typeof openAlarm>;

/** One moment ahead: a later one replaces it, since a pass at the first finds out the next. */
function openAlarm(ring: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  return {
    set(ms: number) {
      clearTimeout(timer);
      if (isClosed) return;
      timer = setTimeout(ring, Math.min(Math.max(leastMs, Math.ceil(ms)), longestMs));
      timer.unref();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
