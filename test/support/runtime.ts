import { z } from 'zod';
import { type AnyJob, defineJob } from '../../src/core/job.ts';
import type { Sql } from '../../src/core/sql.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { type Ledger, ledgerMigrations, openLedger } from '../../src/ledger/index.ts';
import { openQueues, type Queues } from '../../src/queue/index.ts';
import {
  type Announcements,
  type Catalogue,
  type Enqueuer,
  openAnnouncements,
  openCatalogue,
  openEnqueuer,
  startWorker,
  type Worker,
} from '../../src/runtime/index.ts';
import { type Footprint, openTestFootprint, type TestFootprint } from './footprint.ts';

/** Ledger, queues and enqueuer on one footprint, with workers on demand. */
export interface TestRuntime extends AsyncDisposable {
  readonly place: TestFootprint;
  readonly database: Database;
  readonly queues: Queues;
  readonly ledger: Ledger;
  readonly enqueuer: Enqueuer;
  readonly catalogue: Catalogue;
  readonly announcements: Announcements;
  /** A worker in this process, stopped with the rest. */
  work(options?: { readonly concurrency?: number }): Promise<Worker>;
  readonly errors: unknown[];
}

export const detectionMs = 2000;

/** Bytes of a payload in tests. */
export const payloadLimit = 64 * 1024;

export async function openTestRuntime(
  footprint: Footprint,
  jobs: readonly AnyJob[],
  options: { readonly redisUrl?: string } = {},
): Promise<TestRuntime> {
  const place = await openTestFootprint(footprint, ledgerMigrations);
  const database = await openDatabase(place.database);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const { prefix, redisUrl } = { ...place, ...options };
  const queues = await openQueues({ database, prefix, onError, ...(redisUrl && { redisUrl }) });
  const ledger = openLedger(database, { detectionMs });
  const catalogue = openCatalogue(jobs, { payloadLimit });
  const announcements = openAnnouncements();
  const now = () => new Date();
  const services = {
    ledger,
    queues,
    catalogue,
    announcements,
    providers: { database: ({ sql }: { sql: Sql }) => sql },
    now,
    random: Math.random,
  };
  const workers: Worker[] = [];
  return {
    place,
    database,
    queues,
    ledger,
    catalogue,
    announcements,
    errors,
    enqueuer: openEnqueuer({ catalogue, ledger, queues, now }),
    async work({ concurrency = 10 } = {}) {
      const worker = await startWorker({
        services,
        database,
        jobs,
        concurrency,
        heartbeatSeconds: 1,
        onError,
      });
      workers.push(worker);
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop(0)));
      await queues.close();
      await database.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** A job whose handler is `run`, with a payload of anything and one attempt unless `retry` says more. */
export function jobOf(name: string, run: AnyJob['run'], options: Partial<AnyJob> = {}): AnyJob {
  return defineJob({
    name,
    summary: 'A job of a test.',
    payload: z.unknown(),
    result: z.unknown(),
    retry: { attempts: 1 },
    run,
    ...options,
  }) as AnyJob;
}
