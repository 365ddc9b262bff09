import { mailTriage } from '../../jobs/index.ts';
import type { AnyJob } from '../../src/core/job.ts';
import type { Database } from '../../src/db/index.ts';
import { openLedger } from '../../src/ledger/index.ts';
import { openQueues, type Queues } from '../../src/queue/index.ts';
import { openCatalogue, openEnqueuer } from '../../src/runtime/index.ts';
import { atMost } from '../support/report.ts';
import { until } from '../support/until.ts';
import { median } from './contest.ts';
import { openGround, openGroundDatabase } from './ground.ts';
import type { PartOptions, PartReport } from './part.ts';
import { migrate, startWorkerProcess, workerFile } from './processes.ts';

/** From the start of a real worker process until it has begun a run that waits for it, by the clock of Postgres. */
export async function measureStart({ isQuick }: PartOptions): Promise<PartReport> {
  const starts = isQuick ? 2 : 7;
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  await migrate(ground);
  const database = await openGroundDatabase(ground.databaseUrl);
  stack.defer(() => database.close());
  const queues = await openQueues({ database, redisUrl: ground.redisUrl, prefix: ground.prefix });
  stack.defer(() => queues.close());
  const all: number[] = [];
  for (let i = 0; i <= starts; i++) {
    const run = await enqueueOne(database, queues);
    const [from] = await database.query<{ now: Date }>('select clock_timestamp() as now');
    const worker = startWorkerProcess(ground);
    const began = await until(() => findBeginning(database, run), { timeoutMs: 60_000 });
    all.push((began.getTime() - from!.now.getTime()) / 1000);
    worker.kill('SIGTERM');
    await worker.ended();
  }
  const [first, ...seconds] = all; // the first may have to compile the code
  return {
    rows: [
      {
        part: 'start',
        what: `workers/${workerFile} until it runs a job`,
        rounds: starts,
        'first s': first!.toFixed(2),
        'median s': median(seconds).toFixed(2),
        'worst s': Math.max(...seconds).toFixed(2),
      },
    ],
    goals: [atMost('start of a worker process until it takes jobs, s', median(seconds), 1)],
  };
}

function enqueueOne(database: Database, queues: Queues): Promise<string> {
  const ledger = openLedger(database, { detectionMs: 15_000 });
  const catalogue = openCatalogue([mailTriage as AnyJob]);
  const enqueuer = openEnqueuer({ catalogue, ledger, queues });
  return enqueuer.enqueue(mailTriage.name, { mailbox: 'sample', limit: 1 });
}

async function findBeginning(database: Database, run: string): Promise<Date | null> {
  const [row] = await database.query<{ began: Date | null }>(
    'select started_at as began from nightshift.runs where id = $1',
    [run],
  );
  return row!.began;
}
