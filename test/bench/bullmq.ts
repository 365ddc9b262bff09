import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Contestant } from './contest.ts';
import type { Settings } from './contestants.ts';
import { payload } from './load.ts';
import { openResultTable } from './result-table.ts';

/** BullMQ alone, as fast as it goes: no result, nothing kept. */
export function openRawBullmq(settings: Settings): Promise<Contestant> {
  return openBullmq(settings, {
    work: () => Promise.resolve(),
    settle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
}

/** BullMQ and what people write beside it: one awaited INSERT for each job. */
export async function openBullmqWithRow(settings: Settings): Promise<Contestant> {
  const table = await openResultTable(settings.databaseUrl, 'done_bullmq');
  return openBullmq(settings, { work: table.insert, settle: table.settle, close: table.close });
}

interface Row {
  work(id: string): Promise<void>;
  settle(size: number): Promise<void>;
  close(): Promise<void>;
}

async function openBullmq(
  { redisUrl, prefix, concurrency }: Settings,
  row: Row,
): Promise<Contestant> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const options = { connection, prefix };
  const queue = new Queue('no-op', options);
  let worker: Worker | undefined;
  return {
    async fill(size) {
      const one = { name: 'no-op', data: payload, opts: { removeOnComplete: true } };
      for (let left = size; left > 0; left -= 1000)
        await queue.addBulk(Array.from({ length: Math.min(left, 1000) }, () => one));
    },
    async drain(size) {
      const done = Promise.withResolvers<void>();
      let ended = 0;
      worker = new Worker(
        'no-op',
        async ({ id }) => {
          await row.work(id!);
          if (++ended === size) done.resolve();
        },
        { ...options, concurrency },
      );
      worker.on('error', done.reject);
      worker.on('failed', (_, error) => done.reject(error));
      await done.promise;
    },
    async settle(size) {
      await worker?.close();
      await row.settle(size);
    },
    async [Symbol.asyncDispose]() {
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
      await row.close();
    },
  };
}
