import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations, newId } from '../../src/ledger/index.ts';
import { atMost } from '../support/report.ts';
import { until } from '../support/until.ts';
import { median } from './contest.ts';
import type { Settings } from './contestants.ts';
import { openGround, openGroundDatabase } from './ground.ts';
import { payload } from './load.ts';
import { openRuntime, requireSucceeded } from './nightshift.ts';
import type { PartOptions, PartReport } from './part.ts';

const perSecond = 200;

/** Enough that no job waits for another. */
const concurrency = 100;

/** A way from a producer to a handler. */
interface Line extends AsyncDisposable {
  readonly name: string;
  enqueue(data: { readonly text: string }): Promise<unknown>;
  /** When each handler began, by the text that its job carries. */
  readonly starts: Map<string, number>;
  settle(size: number): Promise<void>;
}

/** From the call of enqueue to the first line of the handler, while 200 jobs a second come one by one. */
export async function measureLatency({ isQuick, size }: PartOptions): Promise<PartReport> {
  const jobs = size ?? (isQuick ? 300 : 2000);
  const rounds = isQuick ? 3 : 5;
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  const lines = [stack.use(openRaw(ground)), stack.use(await openOurs(ground))];
  const samples = lines.map((): { p50: number; p99: number }[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, line] of lines.entries()) {
      const waits = await drive(line, jobs);
      if (round > 0) samples[i]!.push({ p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) });
    }
  const [raw, ours] = samples.map((rounds) => ({
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }));
  return {
    rows: [raw!, ours!].map(({ p50, p99 }, i) => ({
      part: 'latency',
      what: lines[i]!.name,
      jobs,
      rounds,
      'p50 ms': p50.toFixed(2),
      'p99 ms': p99.toFixed(2),
    })),
    goals: [
      atMost('latency of a durable enqueue to start at 200/s, p50 ms', ours!.p50, 4),
      atMost(
        'latency of a durable enqueue to start at 200/s, p99 vs raw BullMQ',
        ours!.p99 / raw!.p99,
        3,
      ),
    ],
  };
}

/** Jobs come by the clock, whatever became of those before. */
async function drive(line: Line, jobs: number): Promise<number[]> {
  line.starts.clear();
  const calls = new Map<string, number>();
  const enqueued: Promise<unknown>[] = [];
  const from = performance.now();
  for (let i = 0; i < jobs; i++) {
    const waitMs = from + (i * 1000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const text = `${String(i).padStart(10, '0')}${payload.text.slice(10)}`;
    calls.set(text, performance.now());
    enqueued.push(line.enqueue({ text }));
  }
  await Promise.all(enqueued);
  await until(() => line.starts.size === jobs);
  await line.settle(jobs);
  return [...calls].map(([text, called]) => line.starts.get(text)! - called);
}

function openRaw({ redisUrl, prefix }: Settings): Line {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('latency', { connection, prefix });
  const starts: Line['starts'] = new Map();
  const worker = new Worker<{ text: string }>(
    'latency',
    ({ data }) => {
      starts.set(data.text, performance.now());
      return Promise.resolve();
    },
    { connection, prefix, concurrency },
  );
  return {
    name: 'bullmq, no persistence',
    starts,
    enqueue: (data) => queue.add('no-op', data, { removeOnComplete: true }),
    settle: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      await worker.close();
      await queue.close();
      connection.disconnect();
    },
  };
}

async function openOurs({ databaseUrl, redisUrl, prefix }: Settings): Promise<Line> {
  const database = await openGroundDatabase(databaseUrl);
  await openMigrations(database, ledgerMigrations).up();
  const starts: Line['starts'] = new Map();
  const onStart = (text: string) => void starts.set(text, performance.now());
  const runtime = await openRuntime({ database, redisUrl, prefix, onStart });
  let ended = 0;
  runtime.announcements.subscribe(({ kind }) => void (kind === 'ended' && ended++));
  const worker = await runtime.startWorker(concurrency);
  let first = newId();
  return {
    name: 'nightshift, full ledger',
    starts,
    enqueue: runtime.enqueue,
    async settle(size) {
      await until(() => ended === size);
      await requireSucceeded(database, first, size);
      ended = 0;
      first = newId();
    },
    async [Symbol.asyncDispose]() {
      await worker.stop(1000);
      await runtime.queues.close();
      await database.close();
    },
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
