import { openBullmqWithRow, openRawBullmq } from './bullmq.ts';
import type { Contestant } from './contest.ts';
import { openGraphileWorker } from './graphile-worker.ts';
import { openNightshift, openNightshiftEmbedded } from './nightshift.ts';
import { openPgBoss, openPgBossEmbedded } from './pgboss.ts';

/** What a contestant is opened with. */
export interface Settings {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Keeps its queues apart from everybody's. */
  readonly prefix: string;
  /** The folder of an embedded database. */
  readonly folder: string;
  /** Jobs in hand at once. */
  readonly concurrency: number;
  /** Jobs fetched at once, where the queue does that; of the product, runs that share a delivery. */
  readonly batch: number;
  /** Leaves the rows of a round where they are, and whatever was there before. */
  readonly keepRows: boolean;
}

/** Everybody who takes part, by the name in the tables. */
export const contestants = {
  'nightshift, full ledger': openNightshift,
  'nightshift, bundles': openNightshift,
  'bullmq, no persistence': openRawBullmq,
  'bullmq + one INSERT': openBullmqWithRow,
  'graphile-worker + row': openGraphileWorker,
  'pg-boss + row': openPgBoss,
  'nightshift, embedded': openNightshiftEmbedded,
  'pg-boss on PGlite, batch 1': openPgBossEmbedded,
} satisfies Record<string, (settings: Settings) => Promise<Contestant>>;

export type ContestantName = keyof typeof contestants;
