import type { Duty } from '../core/duty.ts';
import { Failure, isFailure } from '../core/errors.ts';
import { describeError, poisonousLosses } from '../core/outcome.ts';
import type { Database } from '../db/index.ts';
import {
  type Dispatchable,
  endOrphans,
  listOrphans,
  listOverdue,
  listUnreleased,
  type Orphan,
  redeliver,
  releaseWorkers,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';

/** What one pass of rescue did. */
export interface Rescued {
  /** Runs taken from dead workers. */
  readonly orphans: number;
  /** Runs the queue had lost. */
  readonly lost: number;
}

export interface RescueOptions {
  readonly database: Database;
  readonly queues: Queues;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /** Called after each pass that found something. */
  onRescued?(rescued: Rescued): void;
}

/**
 * The duty of rescue: runs of dead workers, and runs that the queue does not know, get a new delivery for
 * the relay. After its start, after a pass that failed and after passes that were missed, it waits one full
 * detection period before it takes silence for death: the heartbeats had no way to arrive.
 */
export function rescueDuty(options: RescueOptions): Duty & { run(): Promise<Rescued> } {
  const { database, queues, detectionMs, onRescued } = options;
  let lastPass = Date.now();
  let inTouchSince = lastPass;
  let after = beforeAll;
  return {
    name: 'rescue',
    periodSeconds,
    async run() {
      const now = Date.now();
      if (now - lastPass > missedPassesMs) inTouchSince = now;
      lastPass = now;
      try {
        const settled = now - inTouchSince > detectionMs;
        const orphans = await rescueOrphans(database, settled ? detectionMs : neverMs);
        const { lost, next } = await rescueLost({ database, queues }, after);
        after = next;
        if (orphans + lost > 0) onRescued?.({ orphans, lost });
        return { orphans, lost };
      } catch (error) {
        inTouchSince = Date.now();
        throw error;
      }
    },
  };
}

const periodSeconds = 5;

/** Between two passes so far apart the database was away, or the machine slept. */
const missedPassesMs = 3 * periodSeconds * 1000;

const page = 1000;
const pagesPerPass = 20;
const beforeAll = '00000000-0000-0000-0000-000000000000';

/** So long a silence nobody has: only workers that said that they stop count as gone. */
const neverMs = 100 * 365 * 24 * 3_600_000;

/** Looks up the next waiting runs in the queue; a long backlog takes several passes, each from where the last one ended. */
async function rescueLost(
  { database, queues }: Pick<RescueOptions, 'database' | 'queues'>,
  from: string,
): Promise<{ lost: number; next: string }> {
  let lost = 0;
  let after = from;
  for (let pages = 0; pages < pagesPerPass; pages++) {
    const overdue = await listOverdue(database, after, page);
    const unknown = await unknownTo(queues, overdue);
    if (!unknown) return { lost, next: after };
    if (unknown.length > 0) lost += await database.transaction((tx) => redeliver(tx, unknown));
    if (overdue.length < page) return { lost, next: beforeAll };
    after = overdue[overdue.length - 1]!.id;
  }
  return { lost, next: after };
}

async function rescueOrphans(database: Database, detectionMs: number): Promise<number> {
  const dead = await listUnreleased(database, detectionMs);
  if (dead.length === 0) return 0;
  let rescued = 0;
  for (;;) {
    const orphans = await listOrphans(database, dead, page);
    if (orphans.length > 0)
      rescued += await database.transaction((tx) => endOrphans(tx, orphans.map(setAsidePoison)));
    if (orphans.length < page) break;
  }
  await releaseWorkers(database, dead, detectionMs);
  return rescued;
}

function setAsidePoison(orphan: Orphan) {
  const losses = orphan.losses + 1;
  if (losses < poisonousLosses) return orphan;
  return { ...orphan, error: describeError(new Failure('run.abandoned', { times: losses })) };
}

/** Undefined while the queue is away: then nobody can say what it has lost. */
async function unknownTo(
  queues: Queues,
  runs: readonly Dispatchable[],
): Promise<Dispatchable[] | undefined> {
  try {
    return await listUnknown(queues, runs);
  } catch (error) {
    if (isFailure(error, 'queue.unavailable')) return undefined;
    throw error;
  }
}

async function listUnknown(queues: Queues, runs: readonly Dispatchable[]): Promise<Dispatchable[]> {
  const unknown: Dispatchable[] = [];
  for (const [job, ofJob] of Map.groupBy(runs, (run) => run.job)) {
    const known = await queues.known(
      job,
      ofJob.map(({ delivery }) => delivery),
    );
    unknown.push(...ofJob.filter(({ delivery }) => !known.has(delivery)));
  }
  return unknown;
}
