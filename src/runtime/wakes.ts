import { setTimeout as sleep } from 'node:timers/promises';
import type { Duty } from '../core/duty.ts';
import type { Sql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import {
  carryOutWakes,
  checkKeptEvents,
  forgetEvents,
  forgetWaits,
  nextWakeMs,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { retryDeadlock } from './deadlock.ts';
import { withdrawAll } from './withdraw.ts';

/** Wakes runs whose children have ended, whose event came or whose patience is over. */
export interface Waker {
  close(): Promise<void>;
}

export interface WakerServices {
  readonly database: Database;
  readonly queues: Queues;
  onError(error: unknown): void;
}

const pollMs = 5000;
/** Of a thousand children the ends come one by one: what comes within this time is looked at together. */
const restMs = 20;

/** Woken by NOTIFY, at the next moment that a run waits for, and by a slow poll. Any number may be at work. */
export async function openWaker(services: WakerServices): Promise<Waker> {
  const { database, onError } = services;
  let closed = false;
  let asked = false;
  let mayBeEvents = true;
  let pass: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    asked = true;
    if (!closed) pass ??= runPasses();
  }

  async function runPasses(): Promise<void> {
    clearTimeout(timer);
    let nextMs = pollMs;
    try {
      for (; asked && !closed; await sleep(restMs)) {
        asked = false;
        if (mayBeEvents) await checkEvents(database);
        mayBeEvents = false;
        await wakeAll(services);
      }
      nextMs = Math.min(pollMs, (await nextWakeMs(database)) ?? pollMs);
    } catch (error) {
      onError(error);
    }
    pass = undefined;
    if (closed) return;
    timer = setTimeout(poll, asked ? 0 : nextMs);
  }

  function poll(): void {
    mayBeEvents = true;
    wake();
  }

  const unlisten = await database.listen('nightshift_wake', (what) => {
    mayBeEvents ||= what === 'events';
    wake();
  });
  wake();
  return {
    async close() {
      closed = true;
      await unlisten();
      await pass;
      clearTimeout(timer);
    },
  };
}

/** The duty that stands in where no notification came, and forgets what nobody waits for any more. */
export function wakesDuty(
  services: Omit<WakerServices, 'onError'>,
): Duty & { run(): Promise<{ woken: number; waits: number; events: number }> } {
  const { database } = services;
  return {
    name: 'wakes',
    periodSeconds: 15,
    async run() {
      await checkEvents(database);
      const woken = await wakeAll(services);
      return { woken, waits: await forgetWaits(database), events: await forgetEvents(database) };
    },
  };
}

const batch = 500;

async function checkEvents(sql: Sql): Promise<void> {
  while ((await checkKeptEvents(sql, batch)) === batch);
}

/** Looks into every reason that there is now. Answers how many runs it woke. */
async function wakeAll({ database, queues }: Omit<WakerServices, 'onError'>): Promise<number> {
  let woken = 0;
  for (;;) {
    const done = await retryDeadlock(() => database.transaction((tx) => carryOutWakes(tx, batch)));
    woken += done.woken;
    await withdrawAll(queues, done.cancelled);
    if (done.looked < batch) return woken;
  }
}
