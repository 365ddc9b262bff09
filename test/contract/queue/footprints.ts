import { randomBytes } from 'node:crypto';
import { type Database, type DatabaseOptions, openDatabase } from '../../../src/db/index.ts';
import { openQueues, type Queues } from '../../../src/queue/index.ts';
import { type Footprint, openTestFootprint } from '../../support/footprint.ts';
import { startProcess, type TestProcess } from '../../support/process.ts';

/** What a process needs to open the same queues; goes to children as JSON. */
export interface Address {
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  readonly prefix: string;
}

/** Queues on one footprint, in this process and in others. */
export interface QueuesUnderTest extends AsyncDisposable {
  readonly address: Address;
  /** Opens them in this process, under the prefix of `address` or a new one. */
  open(isolation?: 'same prefix' | 'new prefix'): Promise<Queues>;
  /** Closes what this process has open, so that a child may open a PGlite folder. */
  letGo(): Promise<void>;
}

export async function openQueuesUnderTest(footprint: Footprint): Promise<QueuesUnderTest> {
  const place = await openTestFootprint(footprint);
  const { prefix, redisUrl } = place;
  const address: Address = { prefix, database: place.database, ...(redisUrl && { redisUrl }) };
  const opened: Queues[] = [];
  let database: Database | undefined;

  async function letGo(): Promise<void> {
    await Promise.all(opened.splice(0).map((queues) => queues.close()));
    await database?.close();
    database = undefined;
  }

  return {
    address,
    async open(isolation = 'same prefix') {
      database ??= await openDatabase(place.database);
      const own = isolation === 'same prefix' ? '' : randomBytes(4).toString('hex');
      const queues = await openQueues({ ...address, database, prefix: prefix + own });
      opened.push(queues);
      return queues;
    },
    letGo,
    async [Symbol.asyncDispose]() {
      await letGo();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** Starts a process that takes one delivery of `job` and never finishes it. */
export async function holdInChild(address: Address, job: string): Promise<TestProcess> {
  const script = new URL('doomed-worker.ts', import.meta.url).pathname;
  const child = startProcess(script, [JSON.stringify(address), job]);
  await child.line(/^holding$/);
  return child;
}
