import { isFailure } from '../core/errors.ts';
import type { Database } from '../db/index.ts';
import { type Dispatchable, listOverdue, type Overdue, redeliver } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { retryDeadlock } from './deadlock.ts';

/** Where a walk through the queued runs is to begin, and how closely it looks. */
export interface Walk {
  readonly from: string;
  /** Everything, at once and to the end, since the queue lost what it knew. */
  readonly all: boolean;
  /** Ask, of what waits for long, whether it really stands in line and is not only remembered. */
  readonly closely: boolean;
}

export interface Walked {
  /** Runs that the queue had lost; they have a new delivery now. */
  readonly lost: number;
  /** Where the next walk begins. */
  readonly next: string;
  /** The queue was away, and nobody could say what it has lost. */
  readonly away: boolean;
}

export const beforeAll = '00000000-0000-0000-0000-000000000000';

const page = 1000;
const pagesPerPass = 20;

/** Between a commit and its dispatch lie milliseconds; a run that is queued for longer should be known. */
const patienceMs = 10_000;
/** A closer look costs a walk through the whole queue, so that only what waits for long is worth it. */
const closePatienceMs = 30_000;

interface Places {
  readonly database: Database;
  readonly queues: Queues;
}

/** Looks up the next queued runs in their queues, and writes new deliveries for those it does not know. */
export async function rescueLost(places: Places, { from, all, closely }: Walk): Promise<Walked> {
  const { database, queues } = places;
  const suspects: Overdue[] = [];
  let lost = 0;
  let after = from;
  let isAtEnd = false;
  for (let pages = 0; !isAtEnd && (all || pages < pagesPerPass); pages++) {
    const ms = all ? 0 : patienceMs;
    const overdue = await listOverdue(database, after, { ms, limit: page });
    const unknown = await orAway(() => withoutDelivery(overdue, queues));
    if (!unknown) return { lost, next: after, away: true };
    lost += await sendAgain(database, unknown);
    if (closely)
      suspects.push(...overdue.filter(isSuspect).filter((run) => !unknown.includes(run)));
    after = overdue.at(-1)?.id ?? after;
    isAtEnd = overdue.length < page;
  }
  const gone = await orAway(() => without(suspects, queues.carried));
  lost += await sendAgain(database, gone ?? []);
  return { lost, next: isAtEnd ? beforeAll : after, away: gone === undefined };
}

function isSuspect({ queuedMs }: Overdue): boolean {
  return queuedMs > closePatienceMs;
}

async function sendAgain(database: Database, runs: readonly Dispatchable[]): Promise<number> {
  return runs.length === 0
    ? 0
    : retryDeadlock(() => database.transaction((tx) => redeliver(tx, runs)));
}

/** Those of `runs` that the queue does not know, and those that it delays though their time has come. */
async function withoutDelivery(runs: readonly Overdue[], queues: Queues): Promise<Overdue[]> {
  const unknown = await without(runs, queues.known);
  const overslept = runs.filter((run) => run.overslept && !unknown.includes(run));
  const awake = new Set(await without(overslept, queues.delayed));
  return [...unknown, ...overslept.filter((run) => !awake.has(run))];
}

/** Those of `runs` whose deliveries `find` does not find. */
async function without<Run extends Dispatchable>(
  runs: readonly Run[],
  find: Queues['known'],
): Promise<Run[]> {
  const missing: Run[] = [];
  for (const [job, ofJob] of Map.groupBy(runs, (run) => run.job)) {
    const deliveries = new Set(ofJob.map(({ delivery }) => delivery));
    const found = await find(job, [...deliveries]);
    missing.push(...ofJob.filter(({ delivery }) => !found.has(delivery)));
  }
  return missing;
}

/** Undefined while the queue is away. */
export async function orAway<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isFailure(error, 'queue.unavailable')) return undefined;
    throw error;
  }
}
