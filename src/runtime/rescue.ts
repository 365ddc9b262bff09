import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import { describeError, poisonousLosses } from '../core/outcome.ts';
import type { Database } from '../db/index.ts';
import {
  beginRescue,
  endOrphans,
  giveBackDoubtful,
  listOrphans,
  listStray,
  listUnreleased,
  newId,
  type Orphan,
  releaseWorkers,
  rememberMark,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { beforeAll, orAway, rescueLost, type Walked } from './lost.ts';
import { restorePauses } from './pauses.ts';

/** What one pass of rescue did. */
export interface Rescued {
  /** Runs taken from dead workers. */
  readonly orphans: number;
  /** Runs that a living worker held and did not know of. */
  readonly strays: number;
  /** Runs the queue had lost. */
  readonly lost: number;
  /** The queue's server had lost what was written to it. */
  readonly wiped: boolean;
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
 * the relay. It takes silence for death only when passes, by whichever process, have followed one another
 * for a full detection period: otherwise the heartbeats may have had no way to arrive.
 */
export function rescueDuty(
  options: RescueOptions,
): Omit<Duty, 'run'> & { run(): Promise<Rescued> } {
  const { database, detectionMs, onRescued } = options;
  const longestGapMs = Math.max(detectionMs / 2, 2 * periodSeconds * 1000);
  let hasFailed = false;
  let from = beforeAll;
  let closeLookAt = -closeLookMs;

  async function pass(): Promise<Rescued> {
    const { inTouchMs, mark } = await beginRescue(database, hasFailed ? 0 : longestGapMs);
    const orphans = await rescueOrphans(database, inTouchMs > detectionMs ? detectionMs : neverMs);
    const closely = performance.now() - closeLookAt > closeLookMs;
    const queue = await mendQueue(options, { from, mark, closely });
    if (closely) closeLookAt = performance.now();
    const strays = await giveBackStrays(database, { from, to: queue.to, detectionMs });
    from = queue.next;
    return { orphans, strays, lost: queue.lost, wiped: queue.wiped };
  }

  return {
    name: 'rescue',
    periodSeconds,
    async run() {
      try {
        const rescued = await pass();
        hasFailed = false;
        const { orphans, strays, lost } = rescued;
        if (orphans + strays + lost > 0) onRescued?.(rescued);
        return rescued;
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    },
  };
}

const periodSeconds = 5;
const closeLookMs = 30_000;
const page = 1000;

/** So long a silence nobody has: only workers that said that they stop count as gone. */
const neverMs = 100 * 365 * 24 * 3_600_000;

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

/**
 * Puts the pauses back, sends again what was lost, and leaves a new mark in the queue's server. A mark that
 * is not the last one says that the server lost writes: then everything is looked up, and at once.
 */
async function mendQueue(
  { database, queues }: RescueOptions,
  { from, mark, closely }: { from: string; mark: string | null; closely: boolean },
): Promise<Walked & { wiped: boolean }> {
  const away = { lost: 0, to: from, next: from, away: true, wiped: false };
  const found = await orAway(() => queues.readMark());
  if (found === undefined) return away;
  const wiped = found !== 'none' && found.mark !== mark;
  if ((await orAway(() => restorePauses({ sql: database, queues }))) === undefined) return away;
  const walk = { from: wiped ? beforeAll : from, all: wiped, closely: closely && !wiped };
  const walked = await rescueLost({ database, queues }, walk);
  if (found !== 'none' && !walked.away) await leaveMark({ database, queues });
  return { ...walked, wiped };
}

/** First in the queue: when the ledger misses it, the next pass looks once too often, and never too seldom. */
async function leaveMark({ database, queues }: Pick<RescueOptions, 'database' | 'queues'>) {
  const mark = newId();
  const left = await orAway(() => queues.writeMark(mark).then(() => true));
  if (left) await rememberMark(database, mark);
}

async function giveBackStrays(
  database: Database,
  range: { readonly from: string; readonly to: string; readonly detectionMs: number },
): Promise<number> {
  const strays = await listStray(database, range);
  for (const [worker, runs] of Map.groupBy(strays, (stray) => stray.worker))
    await database.transaction((tx) => giveBackDoubtful(tx, worker, runs));
  return strays.length;
}
