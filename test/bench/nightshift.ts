import { z } from 'zod';
import { type AnyJob, defineJob } from '../../src/core/job.ts';
import type { Database } from '../../src/db/index.ts';
import { openLedger } from '../../src/ledger/index.ts';
import { openQueues } from '../../src/queue/index.ts';
import {
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  startWorker,
} from '../../src/runtime/index.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import type { Contestant } from './contest.ts';
import { payload } from './load.ts';

const job = defineJob({
  name: 'no-op',
  summary: 'Does nothing, as fast as it can.',
  payload: z.object({ text: z.string() }),
  result: z.object({ length: z.int() }),
  run: (_, { text }) => Promise.resolve({ length: text.length }),
}) as AnyJob;

const detectionMs = 15_000;

/** A run waits for two group commits; the more are in hand, the more share one. */
const concurrency = 500;

/** The product: every run accepted, claimed and finished in the ledger, each committed. */
export async function openNightshift(options: {
  readonly database: Database;
  readonly redisUrl?: string;
  readonly prefix: string;
}): Promise<Contestant & AsyncDisposable> {
  const { database } = options;
  const queues = await openQueues({ ...options, onError });
  const ledger = openLedger(database, { detectionMs });
  const catalogue = openCatalogue([job]);
  const announcements = openAnnouncements();
  const now = () => new Date();
  const enqueuer = openEnqueuer({ catalogue, ledger, queues, now });
  let stopping: Promise<void> | undefined;
  const services = {
    ledger,
    queues,
    catalogue,
    announcements,
    artifacts: openArtifacts({ archive: openMemoryArchive() }),
    providers: {},
    now,
    random: Math.random,
  };
  return {
    name: 'nightshift, full ledger',
    concurrency,
    async fill(size) {
      for (let left = size; left > 0; left -= 1000)
        await Promise.all(
          Array.from({ length: Math.min(left, 1000) }, () => enqueuer.enqueue('no-op', payload)),
        );
    },
    async drain(size) {
      const done = Promise.withResolvers<void>();
      let ended = 0;
      const unsubscribe = announcements.subscribe(({ kind }) => {
        if (kind === 'ended' && ++ended === size) done.resolve();
      });
      const worker = await startWorker({
        services,
        database,
        jobs: [job],
        concurrency,
        heartbeatSeconds: 5,
        onError,
      });
      await done.promise;
      unsubscribe();
      stopping = worker.stop(1000);
    },
    async settle(size) {
      await stopping;
      const [row] = await database.query<{ right: number }>(
        `select count(*)::int as right from nightshift.runs
         where state = 'succeeded' and attempt = 1 and (result->>'length')::int = $1`,
        [payload.text.length],
      );
      if (row?.right !== size)
        throw new Error(`${row?.right} of ${size} runs are right in the ledger`);
      await database.query('truncate nightshift.runs');
      await database.query('vacuum nightshift.runs');
    },
    [Symbol.asyncDispose]: () => queues.close(),
  };
}

function onError(error: unknown): void {
  console.error(error);
}
