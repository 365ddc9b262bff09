import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type AnyJob, defineJob } from '../../src/core/job.ts';
import { type Database, openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations, openLedger, plantGates } from '../../src/ledger/index.ts';
import { openQueues } from '../../src/queue/index.ts';
import {
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  openGates,
  startWorker,
} from '../../src/runtime/index.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import { atMost } from '../support/report.ts';
import { until } from '../support/until.ts';
import { openGround } from './ground.ts';
import type { PartOptions, PartReport } from './part.ts';

const handlerMs = 10;
const concurrency = 10;
/** What a worker takes at a time goes ahead of it twice; two more rounds are for accept, pass and dispatch. */
const mostWaitMs = 1000;

/** How long the runs of a small tenant wait while a large one has thousands waiting before them. */
export async function measureFairness({ isQuick, size }: PartOptions): Promise<PartReport> {
  const waiting = size ?? (isQuick ? 3000 : 20_000);
  const samples = isQuick ? 30 : 100;
  await using stack = new AsyncDisposableStack();
  const line = stack.use(await openLine(stack));
  for (let left = waiting; left > 0; left -= 1000)
    await line.enqueueMany('large', Math.min(left, 1000));
  const began = performance.now();
  await line.work();
  await until(() => line.done() > 10);
  const waits: number[] = [];
  for (let i = 0; i < samples; i++) {
    const called = performance.now();
    await line.enqueue(`small ${i}`);
    const started = await until(() => line.starts.get(`small ${i}`), {
      timeoutMs: 60_000,
      everyMs: 5,
    });
    waits.push(started - called);
    await sleep(20);
  }
  const rate = (line.done() * 1000) / (performance.now() - began);
  const isBeside = line.done() < waiting;
  const p99 = quantile(waits, 0.99);
  return {
    rows: [
      {
        part: 'fairness',
        what: `one run of a key beside ${waiting} of another${isBeside ? '' : ' (which ran out)'}`,
        jobs: samples,
        'p50 ms': quantile(waits, 0.5).toFixed(1),
        'p99 ms': p99.toFixed(1),
        'drained/s': Math.round(rate),
      },
    ],
    goals: [atMost('wait of a small tenant beside a large one, p99 ms', p99, mostWaitMs)],
  };
}

async function openLine(stack: AsyncDisposableStack) {
  const { databaseUrl, redisUrl, prefix } = await openGround(stack);
  const database = await openDatabase({ kind: 'postgres', url: databaseUrl, carriesQueues: false });
  stack.defer(() => database.close());
  await openMigrations(database, ledgerMigrations).up();
  const starts = new Map<string, number>();
  let done = 0;
  const job = defineJob({
    name: 'fair',
    summary: 'Takes a few milliseconds.',
    payload: z.object({ who: z.string() }),
    key: ({ who }) => who,
    async run(_, { who }) {
      starts.set(who, performance.now());
      await sleep(handlerMs);
      done++;
    },
  }) as unknown as AnyJob;
  const runtime = await openGated(database, job, { redisUrl, prefix });
  return {
    starts,
    done: () => done,
    enqueue: (who: string) => runtime.enqueuer.enqueue('fair', { who }),
    enqueueMany: (who: string, count: number) =>
      runtime.enqueuer.enqueueMany(
        'fair',
        Array.from({ length: count }, () => ({ who })),
      ),
    work: runtime.work,
    [Symbol.asyncDispose]: runtime.close,
  };
}

async function openGated(
  database: Database,
  job: AnyJob,
  place: { readonly redisUrl: string; readonly prefix: string },
) {
  const onError = (error: unknown) => console.error(error);
  const queues = await openQueues({ database, onError, ...place });
  const ledger = openLedger(database, { detectionMs: 15_000 });
  const catalogue = openCatalogue([job]);
  const announcements = openAnnouncements();
  await plantGates(database, [job]);
  const gates = openGates({ database, queues, catalogue, announcements, onError });
  const artifacts = openArtifacts({ archive: openMemoryArchive() });
  const services = { ledger, queues, catalogue, announcements, artifacts, providers: {} };
  const times = { now: () => new Date(), random: Math.random };
  let worker: Awaited<ReturnType<typeof startWorker>> | undefined;
  return {
    enqueuer: openEnqueuer({ catalogue, ledger, queues, gates }),
    async work() {
      worker = await startWorker({
        services: { ...services, ...times },
        database,
        jobs: [job],
        concurrency,
        heartbeatSeconds: 5,
        onError,
      });
    },
    async close() {
      await gates.close();
      await worker?.stop(1000);
      await queues.close();
    },
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
