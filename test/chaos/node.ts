// One process of the load: it enqueues, works, relays and rescues until it is killed. Started by scenario.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../examples/generator/random.ts';
import { openControl } from '../../src/control/index.ts';
import { isFailure } from '../../src/core/errors.ts';
import type { Sql } from '../../src/core/sql.ts';
import { type DatabaseOptions, openDatabase } from '../../src/db/index.ts';
import { markAllStopped, openLedger } from '../../src/ledger/index.ts';
import { openQueues } from '../../src/queue/index.ts';
import {
  cancel,
  openAnnouncements,
  openCatalogue,
  openEnqueuer,
  openRelay,
  rescueDuty,
  startWorker,
} from '../../src/runtime/index.ts';
import { countUnfinished } from './history.ts';
import { chaosJobNames, chaosJobs } from './jobs.ts';
import { openJournal } from './journal.ts';

/** How a node is started: as JSON in its one argument. */
export interface NodeOptions {
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  readonly journal: string;
  readonly seed: number;
  /** Runs to enqueue. */
  readonly runs: number;
  readonly everyMs: number;
  readonly detectionMs: number;
}

const options = JSON.parse(process.argv[2]!) as NodeOptions;
const { redisUrl, detectionMs } = options;
const { tell } = openJournal(options.journal);
const random = createRandom(options.seed);
const now = () => new Date();
const onError = (error: unknown) => console.error(error);

const database = await openDatabase(options.database);
if (options.database.kind === 'pglite') await markAllStopped(database);
const queues = await openQueues({
  database,
  prefix: 'chaos',
  onError,
  ...(redisUrl && { redisUrl }),
});
const ledger = openLedger(database, { detectionMs });
const jobs = chaosJobs(tell);
const catalogue = openCatalogue(jobs);
const enqueuer = openEnqueuer({ catalogue, ledger, queues, now });
const announcements = openAnnouncements();
announcements.subscribe((said) => {
  if (said.kind === 'begun' && said.job === 'lengthy') console.log('busy');
  if (said.kind !== 'ended') return;
  tell({ kind: 'ended', run: said.run, attempt: said.attempt, state: said.outcome.state });
});
const worker = await startWorker({
  services: {
    ledger,
    queues,
    catalogue,
    announcements,
    providers: { database: ({ sql }: { sql: Sql }) => sql },
    now,
    random: Math.random,
  },
  database,
  jobs,
  concurrency: 5,
  heartbeatSeconds: 1,
  onError,
});
await openRelay({ database, queues, catalogue, announcements, onError });
await openControl({
  database,
  duties: [rescueDuty({ database, queues, detectionMs })],
  timers: { list: () => Promise.resolve([]), fire: () => Promise.resolve(undefined) },
  onError,
});
console.log(`up ${worker.id}`);
await Promise.all(Array.from({ length: options.runs }, (_, i) => enqueueOne(i)));
console.log('produced');
while (worker.active > 0 || (await countUnfinished(database)) > 0) await sleep(100);
console.log('drained');

/** Now and then a run is delayed, prioritized or cancelled. */
async function enqueueOne(i: number): Promise<void> {
  await sleep(i * options.everyMs);
  const job = random.pick(chaosJobNames);
  const run = await enqueuer.enqueue(
    job,
    { ms: random.between(0, 60) },
    {
      ...(random.chance(0.1) && { delayMs: random.between(1, 1500) }),
      ...(random.chance(0.1) && { priority: random.between(1, 100) }),
    },
  );
  tell({ kind: 'accepted', run, job });
  if (!random.chance(0.05)) return;
  await sleep(random.between(0, 500));
  tell({ kind: 'cancelling', run });
  try {
    await cancel({ sql: database, queues }, { id: run, reason: 'chaos' });
    tell({ kind: 'cancelled', run });
  } catch (error) {
    if (!isFailure(error, 'run.finished')) throw error;
  }
}
