import { openDatabase } from '../../../src/db/index.ts';
import { openQueues } from '../../../src/queue/index.ts';
import type { Address } from './footprints.ts';

const [address = '', job = ''] = process.argv.slice(2);
const { database, ...rest } = JSON.parse(address) as Address;
const queues = await openQueues({ ...rest, database: await openDatabase(database) });
const consumer = queues.consume(
  job,
  () => {
    process.stdout.write('holding\n');
    return new Promise<void>(() => {});
  },
  { concurrency: 1, lockMs: 1_000, stalledCheckMs: 300 },
);
consumer.start();
