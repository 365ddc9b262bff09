import { type Processor, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type pg from 'pg';
import type { Contestant } from './contest.ts';
import { payload } from './load.ts';

interface BullmqOptions {
  readonly redisUrl: string;
  readonly prefix: string;
}

/** More makes it no faster. */
const concurrency = 200;

/** BullMQ alone, as fast as it goes: no result, nothing kept. */
export function openRawBullmq(options: BullmqOptions): Contestant & AsyncDisposable {
  return openBullmq('bullmq, no persistence', options, {
    work: () => Promise.resolve(),
    settle: () => Promise.resolve(),
  });
}

/** BullMQ and what people write beside it: one awaited INSERT for each job. */
export function openBullmqWithRow(
  options: BullmqOptions & { readonly pool: pg.Pool },
): Contestant & AsyncDisposable {
  const { pool } = options;
  return openBullmq('bullmq + one INSERT', options, {
    async work({ id, data }) {
      await pool.query('insert into public.done (id, result) values ($1, $2)', [
        id,
        JSON.stringify({ length: (data as typeof payload).text.length }),
      ]);
    },
    async settle(size) {
      const { rows } = await pool.query<{ count: number }>(
        'select count(*)::int as count from public.done',
      );
      if (rows[0]?.count !== size) throw new Error(`${rows[0]?.count} of ${size} rows are there`);
      await pool.query('truncate public.done');
    },
  });
}

interface Work {
  readonly work: Processor;
  settle(size: number): Promise<void>;
}

function openBullmq(
  name: string,
  { redisUrl, prefix }: BullmqOptions,
  { work, settle }: Work,
): Contestant & AsyncDisposable {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const options = { connection, prefix };
  const queueName = name.replaceAll(/\W+/g, '-');
  const queue = new Queue(queueName, options);
  let worker: Worker | undefined;
  return {
    name,
    concurrency,
    async fill(size) {
      const one = { name: 'no-op', data: payload, opts: { removeOnComplete: true } };
      for (let left = size; left > 0; left -= 1000)
        await queue.addBulk(Array.from({ length: Math.min(left, 1000) }, () => one));
    },
    async drain(size) {
      const done = Promise.withResolvers<void>();
      let ended = 0;
      worker = new Worker(
        queueName,
        async (job, token, signal) => {
          await work(job, token, signal);
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
      await settle(size);
    },
    async [Symbol.asyncDispose]() {
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
    },
  };
}
