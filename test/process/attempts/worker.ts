// A worker with the jobs of these tests, until it is killed or told to stop. Started by the tests beside it.
import type { Sql } from '../../../src/core/sql.ts';
import { type DatabaseOptions, openDatabase } from '../../../src/db/index.ts';
import { openLedger } from '../../../src/ledger/index.ts';
import { openQueues } from '../../../src/queue/index.ts';
import {
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  openRelay,
  rescueDuty,
  startWorker,
} from '../../../src/runtime/index.ts';
import { openMemoryArchive } from '../../../src/testing/memory-archive.ts';
import { jobs } from './jobs.ts';

/** How it is started: as JSON in its one argument. */
export interface WorkerArgument {
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  readonly prefix: string;
  readonly detectionMs: number;
  /** What it enqueues itself, where nobody else can open the database. */
  readonly enqueue?: readonly { readonly job: string; readonly payload: unknown }[];
}

const argument = JSON.parse(process.argv[2]!) as WorkerArgument;
const { redisUrl, prefix, detectionMs } = argument;
const onError = (error: unknown) => console.error(error);
const now = () => new Date();
const database = await openDatabase(argument.database);
const queues = await openQueues({ database, prefix, onError, ...(redisUrl && { redisUrl }) });
const ledger = openLedger(database, { detectionMs });
const catalogue = openCatalogue(jobs);
const announcements = openAnnouncements();
announcements.subscribe((announcement) => console.log(JSON.stringify(announcement)));
const worker = await startWorker({
  services: {
    ledger,
    queues,
    catalogue,
    announcements,
    artifacts: openArtifacts({ archive: openMemoryArchive() }),
    providers: { database: ({ sql }: { sql: Sql }) => sql },
    children: {
      entry: new URL('child.ts', import.meta.url),
      setup: {},
      mayTransact: argument.database.kind === 'postgres',
    },
    now,
    random: Math.random,
  },
  database,
  jobs,
  concurrency: 2,
  heartbeatSeconds: 1,
  onError,
});
await openRelay({ database, queues, catalogue, announcements, onError });
const rescue = rescueDuty({ database, queues, detectionMs });
setInterval(() => void rescue.run().catch(onError), 500);
const enqueuer = openEnqueuer({ catalogue, ledger, queues });
for (const { job, payload } of argument.enqueue ?? []) await enqueuer.enqueue(job, payload);
console.log(`up ${worker.id}`);
