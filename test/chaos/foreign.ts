import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { ChaosJobName } from './jobs.ts';

/** Another program on the same Redis, which knows BullMQ and the names of the queues. */
export interface ForeignProgram {
  /** Adds a job; nobody knows whether it is there when this rejects. */
  add(job: ChaosJobName, data: object, priority: number): Promise<void>;
  /** Resolves once nothing of it waits any more, so that no run begins after the end. */
  drained(): Promise<void>;
}

const patienceMs = 120_000;
/** Of its jobs. What else is in the queue are deliveries, some of which the ledger has given up. */
const name = 'foreign';

export function openForeignProgram(redisUrl: string, prefix: string): ForeignProgram {
  const connection = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  connection.on('error', () => {}); // Redis is away, as it is meant to be
  const queues = new Map<ChaosJobName, Queue>();

  function find(job: ChaosJobName): Queue {
    const known = queues.get(job);
    if (known) return known;
    const opened = new Queue(job, { prefix, connection, skipVersionCheck: true });
    opened.on('error', () => {});
    queues.set(job, opened);
    return opened;
  }

  /** Resolves once nothing of it is in the queue; throws what is, after a time that no job takes. */
  async function drain(queue: Queue): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const jobs = await queue
        .getJobs(['waiting', 'prioritized', 'delayed', 'active'])
        .catch(() => undefined);
      const ours = jobs?.filter((job) => job?.name === name);
      if (ours?.length === 0) return;
      if (performance.now() > deadline)
        throw new Error(`the queue of ${queue.name} still has ${JSON.stringify(ours)}`);
      await sleep(200);
    }
  }

  return {
    async add(job, data, priority) {
      await find(job).add(name, data, { priority, attempts: 3 });
    },
    async drained() {
      for (const queue of queues.values()) await drain(queue);
    },
  };
}
