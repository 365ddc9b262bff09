import type { Random } from '../../examples/generator/random.ts';
import { newId } from '../../src/ledger/index.ts';
import type { ChaosJobName, Mix } from './jobs.ts';

/** A run that a producer wants, drawn before anything is awaited, so that a seed means the same load every time. */
export interface Offer {
  /** In the payload, and in no other. */
  readonly mark: string;
  readonly job: ChaosJobName;
  readonly ms: number;
  readonly delayMs: number;
  readonly priority: number;
  readonly expiresMs: number | undefined;
  /** Of the runs of its job with this key only one may be unfinished. */
  readonly key: string | undefined;
  readonly way: Way;
  /** Its payload does not fit the job; only SQL takes it. */
  readonly isBad: boolean;
  readonly meddling: Meddling;
}

/**
 * How a run is offered: by `enqueue` alone, within a transaction of the producer's that is committed or
 * rolled back, by the SQL function, or by another program that knows BullMQ alone.
 */
export type Way = 'alone' | 'committed' | 'rolled back' | 'by SQL' | 'foreign';

/** What somebody does to a run that was accepted. */
export interface Meddling {
  readonly afterMs: number;
  readonly cancels: boolean;
  readonly retries: boolean;
  readonly retriesCancelled: boolean;
  readonly doubles: boolean;
  readonly replays: boolean;
}

const ways: Readonly<Record<Way, number>> = {
  alone: 0.5,
  committed: 0.15,
  'rolled back': 0.05,
  'by SQL': 0.2,
  foreign: 0.1,
};

const burst = 10;

/** What is offered at once: one run, or as many as should share a delivery. */
export function drawBurst(random: Random, mix: Mix): Offer[] {
  const first = drawOffer(random, mix);
  if (first.job !== 'bundled') return [first];
  return [first, ...Array.from({ length: burst - 1 }, () => drawOffer(random, { bundled: 1 }))];
}

function drawOffer(random: Random, mix: Mix): Offer {
  const job = random.weighted(mix as Record<ChaosJobName, number>);
  const way = random.weighted(ways);
  // What BullMQ delays goes by the clocks of whoever adds and takes it.
  const delayMs = random.chance(0.1) && way !== 'foreign' ? random.between(500, 2500) : 0;
  const expires = random.chance(0.1) && delayMs === 0 && way !== 'foreign';
  const isBad = random.chance(0.3) && way === 'by SQL';
  const isUnique = random.chance(0.15) && !isBad && way !== 'foreign';
  return {
    mark: newId(),
    job,
    ms: random.between(0, 60),
    delayMs,
    priority: random.chance(0.1) ? random.between(1, 100) : 0,
    expiresMs: expires ? random.between(100, 2500) : undefined,
    key: isUnique ? `key ${random.between(1, 2)}` : undefined,
    way,
    isBad,
    meddling: drawMeddling(random, { job, isPlain: delayMs === 0 && !isBad }),
  };
}

function drawMeddling(
  random: Random,
  { job, isPlain }: { readonly job: ChaosJobName; readonly isPlain: boolean },
): Meddling {
  return {
    afterMs: random.between(0, 500),
    cancels: random.chance(job === 'aloof' ? 0.2 : 0.05),
    retries: random.chance(0.2) && (job === 'hopeless' || job === 'quitting'),
    retriesCancelled: random.chance(0.5),
    doubles: random.chance(0.1) && isPlain,
    replays: random.chance(0.05),
  };
}
