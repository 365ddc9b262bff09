import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../examples/generator/random.ts';
import { Failure } from '../../src/core/errors.ts';
import type { TransactionalSql } from '../../src/core/sql.ts';
import { findRun, newId, retryRun } from '../../src/ledger/index.ts';
import type { Queues } from '../../src/queue/index.ts';
import { cancel, type Enqueuer } from '../../src/runtime/index.ts';
import { type ChaosJobName, chaosMix } from './jobs.ts';
import type { Tell } from './journal.ts';

/** A seeded stream of runs from one process, at a steady pace until it is told to finish. */
export interface Producer {
  killAtAccept(pid: number): void;
  /** Resolves once the share is accepted and nobody is about to touch a run of it. */
  finish(): Promise<void>;
}

export interface ProducerOptions {
  readonly seed: number;
  readonly runs: number;
  readonly everyMs: number;
  readonly tell: Tell;
  readonly sql: TransactionalSql;
  readonly queues: Queues;
  readonly enqueuer: Enqueuer;
}

export function startProducer(options: ProducerOptions): Producer {
  const { runs, everyMs, tell, enqueuer } = options;
  const random = createRandom(options.seed);
  let accepted = 0;
  let finishing = false;
  let victim: number | undefined;

  async function offer(): Promise<void> {
    const job = random.weighted(chaosMix);
    const mark = newId();
    const delayMs = random.chance(0.1) ? random.between(500, 2500) : 0;
    const priority = random.chance(0.1) ? random.between(1, 100) : 0;
    const payload = { ms: random.between(0, 60), mark };
    const plan = planMeddling(job, delayMs);
    tell({ kind: 'offered', mark, job, delayMs });
    const began = performance.now();
    let run: string;
    try {
      run = await enqueuer.enqueue(job, payload, { delayMs, priority });
    } catch (error) {
      tell({ kind: 'refused', mark, says: nameError(error), tookMs: performance.now() - began });
      return;
    }
    tell({ kind: 'accepted', mark, run, job });
    if (victim !== undefined) strikeNow(victim);
    accepted++;
    await meddle(options, run, plan);
  }

  /** Drawn before anything is awaited, so that a seed means the same load every time. */
  function planMeddling(job: ChaosJobName, delayMs: number): Meddling {
    return {
      afterMs: random.between(0, 500),
      cancels: random.chance(job === 'aloof' ? 0.2 : 0.05),
      retries: random.chance(0.2) && (job === 'hopeless' || job === 'quitting'),
      retriesCancelled: random.chance(0.5),
      doubles: random.chance(0.1) && delayMs === 0,
    };
  }

  async function produce(): Promise<void> {
    const offers: Promise<void>[] = [];
    while (!finishing || accepted < runs) {
      offers.push(offer());
      await sleep(everyMs);
    }
    await Promise.all(offers);
  }

  const produced = produce();
  return {
    killAtAccept(pid) {
      victim = pid;
    },
    finish() {
      finishing = true;
      return produced;
    },
  };

  function strikeNow(pid: number): void {
    victim = undefined;
    process.kill(pid, 'SIGKILL');
    console.log('struck');
  }
}

/** What somebody does to a run that was accepted. */
interface Meddling {
  readonly afterMs: number;
  readonly cancels: boolean;
  readonly retries: boolean;
  readonly retriesCancelled: boolean;
  readonly doubles: boolean;
}

async function meddle(options: ProducerOptions, run: string, plan: Meddling): Promise<void> {
  const { tell, sql, queues } = options;
  await sleep(plan.afterMs);
  if (plan.doubles) await attempt(() => dispatchAgain(options, run));
  if (plan.cancels) {
    tell({ kind: 'cancelling', run });
    const isDone = await attempt(() => cancel({ sql, queues }, { id: run, reason: 'chaos' }));
    if (!isDone) return;
    tell({ kind: 'cancelled', run });
    if (plan.retriesCancelled) await retry(options, run);
  } else if (plan.retries) {
    await sleep(3000);
    await retry(options, run);
  }
}

async function retry({ tell, sql }: ProducerOptions, run: string): Promise<void> {
  tell({ kind: 'retrying', run });
  if (await attempt(() => retryRun(sql, run))) tell({ kind: 'retried', run });
}

/** As a relay does that had died between its dispatch and its note of it. */
async function dispatchAgain({ tell, sql, queues }: ProducerOptions, run: string): Promise<void> {
  const { job, delivery } = await findRun(sql, run);
  tell({ kind: 'doubled', run });
  await queues.dispatch({ job, delivery, runs: [run] });
}

/** False when it was refused or nobody answered; then it may have happened or not. */
async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefined) return false;
    throw error;
  }
}

function nameError(error: unknown): string {
  return error instanceof Failure ? error.code : String(error);
}
