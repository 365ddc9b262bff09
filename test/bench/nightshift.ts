import { z } from 'zod';
import { type AnyJob, defineJob } from '../../src/core/job.ts';
import { type Database, openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations, newId, openLedger } from '../../src/ledger/index.ts';
import { openQueues } from '../../src/queue/index.ts';
import {
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  startWorker,
  type Worker,
} from '../../src/runtime/index.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import type { Contestant } from './contest.ts';
import type { Settings } from './contestants.ts';
import { openGroundDatabase } from './ground.ts';
import { payload } from './load.ts';

/** The product: every run accepted, claimed and finished in the ledger, each committed. */
export async function openNightshift(settings: Settings): Promise<Contestant> {
  const database = await openGroundDatabase(settings.databaseUrl);
  return openOn(database, settings, settings.redisUrl);
}

/** The product with nothing set: ledger and queue on PGlite. */
export async function openNightshiftEmbedded(settings: Settings): Promise<Contestant> {
  return openOn(await openDatabase({ kind: 'pglite', folder: settings.folder }), settings);
}

async function openOn(
  database: Database,
  settings: Settings,
  redisUrl?: string,
): Promise<Contestant> {
  const { prefix, concurrency, batch } = settings;
  await openMigrations(database, ledgerMigrations).up();
  const runtime = await openRuntime({
    database,
    prefix,
    bundle: batch,
    ...(redisUrl && { redisUrl }),
  });
  let worker: Worker | undefined;
  let first = newId();
  return {
    async fill(size) {
      first = newId();
      for (let left = size; left > 0; left -= 1000)
        await Promise.all(
          Array.from({ length: Math.min(left, 1000) }, () => runtime.enqueue(payload)),
        );
    },
    async drain(size) {
      const done = Promise.withResolvers<void>();
      let ended = 0;
      const unsubscribe = runtime.announcements.subscribe(({ kind }) => {
        if (kind === 'ended' && ++ended === size) done.resolve();
      });
      worker = await runtime.startWorker(concurrency);
      await done.promise;
      unsubscribe();
    },
    async settle(size) {
      await worker?.stop(1000);
      await requireSucceeded(database, first, size);
      if (settings.keepRows) return;
      await database.query('truncate nightshift.runs');
      await database.query('vacuum nightshift.runs');
    },
    async [Symbol.asyncDispose]() {
      await runtime.queues.close();
      await database.close();
    },
  };
}

const detectionMs = 15_000;

/** Enqueuer and worker as a process of the product has them, for one job that does nothing. */
export async function openRuntime(options: {
  readonly database: Database;
  readonly redisUrl?: string;
  readonly prefix: string;
  /** Runs that may share a delivery; by default each goes alone. */
  readonly bundle?: number;
  /** Called with the text of each run that begins. */
  readonly onStart?: (text: string) => void;
}) {
  const { database, onStart, bundle = 1 } = options;
  const job = noOp(bundle, onStart);
  const queues = await openQueues({ ...options, onError });
  const ledger = openLedger(database, { detectionMs });
  const catalogue = openCatalogue([job]);
  const announcements = openAnnouncements();
  const now = () => new Date();
  const enqueuer = openEnqueuer({ catalogue, ledger, queues });
  const artifacts = openArtifacts({ archive: openMemoryArchive() });
  const services = { ledger, queues, catalogue, announcements, artifacts, providers: {}, now };
  return {
    queues,
    announcements,
    enqueue: (value: unknown) => enqueuer.enqueue(job.name, value),
    startWorker: (concurrency: number) =>
      startWorker({
        services: { ...services, random: Math.random },
        database,
        jobs: [job],
        concurrency,
        heartbeatSeconds: 5,
        onError,
      }),
  };
}

function noOp(bundle: number, onStart: (text: string) => void = () => {}): AnyJob {
  return defineJob({
    name: 'no-op',
    summary: 'Does nothing, as fast as it can.',
    payload: z.object({ text: z.string() }),
    result: z.object({ length: z.int() }),
    bundle: { max: bundle },
    run(_, { text }) {
      onStart(text);
      return Promise.resolve({ length: text.length });
    },
  }) as AnyJob;
}

/** Throws unless `size` runs from `first` on succeeded at their first attempt with the right result. */
export async function requireSucceeded(
  database: Database,
  first: string,
  size: number,
): Promise<void> {
  const [row] = await database.query<{ right: number }>(
    `select count(*)::int as right from nightshift.runs
     where id > $2 and state = 'succeeded' and attempt = 1 and (result->>'length')::int = $1`,
    [payload.text.length, first],
  );
  if (row?.right !== size) throw new Error(`${row?.right} of ${size} runs are right in the ledger`);
}

function onError(error: unknown): void {
  console.error(error);
}
