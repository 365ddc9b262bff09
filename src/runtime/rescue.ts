import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import { describeError, poisonousLosses } from '../core/outcome.ts';
import type { Database } from '../db/index.ts';
import {
  endOrphans,
  findUnfinished,
  giveBackDoubtful,
  keepInTouch,
  listLeftWaiting,
  listOrphans,
  listStray,
  listUnreleased,
  newId,
  type Orphan,
  redeliver,
  releaseWorkers,
  rememberMark,
  type Silence,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { retryDeadlock } from './deadlock.ts';
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
 * the relay. It takes silence for death only when it has been in touch with the ledger, in whichever process, for
 * a full detection period: otherwise the heartbeats may have had no way to arrive.
 */
export function rescueDuty(
  options: RescueOptions,
): Omit<Duty, 'run'> & { run(): Promise<Rescued> } {
  const { database, detectionMs, onRescued } = options;
  const longestGapMs = Math.max(detectionMs / 2, 2 * periodSeconds * 1000);
  let wasAway = false;
  let from = beforeAll;
  let straysFrom = beforeAll;
  let closeLookAt = -closeLookMs;

  async function pass(): Promise<Rescued> {
    const { mark } = await keepInTouch(database, wasAway ? 0 : longestGapMs);
    wasAway = false;
    const orphans = await rescueOrphans(database, { detectionMs, longestGapMs });
    const closely = performance.now() - closeLookAt > closeLookMs;
    const queue = await mendQueue(options, { from, mark, closely });
    if (closely) closeLookAt = performance.now();
    from = queue.next;
    const { strays, next } = await giveBackStrays(database, straysFrom, detectionMs);
    straysFrom = next;
    return { orphans, strays, lost: queue.lost, wiped: queue.wiped };
  }

  return {
    name: 'rescue',
    periodSeconds,
    async run() {
      try {
        const rescued = await stayInTouch(() => keepInTouch(database, longestGapMs), pass);
        const { orphans, strays, lost } = rescued;
        if (orphans + strays + lost > 0) onRescued?.(rescued);
        return rescued;
      } catch (error) {
        // Of anything else heartbeats need not have suffered.
        wasAway ||= error instanceof Failure && error.kind === 'unavailable';
        throw error;
      }
    },
  };
}

const periodSeconds = 5;
const closeLookMs = 30_000;
const page = 1000;

const touchMs = 2000;

/** A pass that takes long is no gap. One in which `touch` fails for long is, and the gap says so by itself. */
async function stayInTouch<T>(touch: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  let touching: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    touching ??= touch()
      .catch(() => undefined)
      .finally(() => {
        touching = undefined;
      });
  }, touchMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await touching;
  }
}

async function rescueOrphans(database: Database, silence: Silence): Promise<number> {
  const dead = await listUnreleased(database, silence);
  if (dead.length === 0) return 0;
  // The queue would bring their bundles again, but not before their locks have run out.
  const waiting = await listLeftWaiting(database, dead);
  if (waiting.length > 0)
    await retryDeadlock(() => database.transaction((tx) => redeliver(tx, waiting)));
  let rescued = 0;
  let after: string | undefined = beforeAll;
  while (after !== undefined) {
    const orphans: Orphan[] = await listOrphans(database, dead, { after, limit: page });
    const ends = orphans.map(setAsidePoison);
    if (ends.length > 0)
      rescued += await retryDeadlock(() =>
        database.transaction((tx) => endOrphans(tx, ends, silence)),
      );
    after = orphans.length < page ? undefined : orphans.at(-1)!.id;
  }
  await releaseWorkers(database, dead, silence);
  return rescued;
}

function setAsidePoison(orphan: Orphan) {
  const losses = orphan.losses + 1;
  if (losses < poisonousLosses) return orphan;
  return { ...orphan, error: describeError(new Failure('run.abandoned', { times: losses })) };
}

/**
 * Puts clocks and pauses right, sends again what was lost, and leaves a new mark in the queue's server. A mark that
 * is not the last one says that the server lost writes: then everything is looked up, and at once.
 */
async function mendQueue(
  { database, queues }: RescueOptions,
  { from, mark, closely }: { from: string; mark: string | null; closely: boolean },
): Promise<Walked & { wiped: boolean }> {
  const away = { lost: 0, next: from, away: true, wiped: false };
  const found = await orAway(async () => {
    await queues.rightClocks();
    return queues.readMark();
  });
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

const unfinishedPerPass = 20_000;
const afterAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A walk of its own through the unfinished runs: the queue is not asked, and may be away. */
async function giveBackStrays(
  database: Database,
  from: string,
  detectionMs: number,
): Promise<{ strays: number; next: string }> {
  const to = await findUnfinished(database, from, unfinishedPerPass);
  const strays = await listStray(database, { from, to: to ?? afterAll, detectionMs });
  for (const [worker, runs] of Map.groupBy(strays, (stray) => stray.worker))
    await retryDeadlock(() => database.transaction((tx) => giveBackDoubtful(tx, worker, runs)));
  return { strays: strays.length, next: to ?? beforeAll };
}
