import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { type Backend, streams } from './backend.ts';
import { findCarried, findKnown } from './redis-known.ts';

interface RedisBackendOptions {
  readonly url: string;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** A producer waits this long for an answer, and `openRedisBackend` this long for the server. */
const patienceMs = 3_000;

/**
 * Queues on Redis or Valkey. Opens even while the server is away: producers then fail at once and
 * workers wait for it. One connection serves all producers; workers share another, and each adds
 * one to block on.
 */
export async function openRedisBackend(options: RedisBackendOptions): Promise<Backend> {
  const { url, prefix, onError } = options;
  // No job can have this name: a queue's keys have one part more.
  const markKey = `${prefix}:nightshift:epoch`;
  const producers = connect(options, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  let workers: Redis | undefined;
  let warnings = [`Redis at ${describe(url)} does not answer; runs are accepted and wait for it.`];
  const inspected = inspectWheneverReady(producers, (found) => (warnings = found));
  await Promise.race([inspected, firstFault(producers)]);
  return {
    get warnings() {
      return warnings;
    },
    isReachable: () => producers.status === 'ready',
    openQueue(job) {
      const queue = new Queue(job, { connection: producers, prefix, streams });
      return queue.on('error', onError);
    },
    openWorker(job, processor, settings) {
      // A worker's commands wait for the server, or it would drop what it has just finished.
      workers ??= connect(options, { maxRetriesPerRequest: null });
      return new Worker(job, processor, { connection: workers, prefix, ...settings });
    },
    findKnown: (job, deliveries) => findKnown(producers, `${prefix}:${job}`, deliveries),
    findCarried: (job, deliveries) => findCarried(producers, `${prefix}:${job}`, deliveries),
    readMark: async () => ({ mark: await producers.get(markKey) }),
    writeMark: async (mark) => void (await producers.set(markKey, mark)),
    async ping() {
      await producers.ping();
    },
    async close() {
      await Promise.all([hangUp(producers), workers && hangUp(workers)]);
    },
  };
}

/** What is wrong with a server, from its INFO: BullMQ needs 6.2 and keys that are never evicted. */
export function findServerFaults(info: string): string[] {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [major = 0, minor = 0] = field('redis_version').split('.').map(Number);
  const policy = field('maxmemory_policy');
  const faults: string[] = [];
  if (major < 6 || (major === 6 && minor < 2))
    faults.push(`Redis ${field('redis_version')} is too old: update it to 6.2 or newer.`);
  if (policy !== 'noeviction')
    faults.push(
      `Redis may evict queues (maxmemory-policy ${policy}): set maxmemory-policy noeviction.`,
    );
  return faults;
}

function connect(
  { url, onError }: RedisBackendOptions,
  options: Pick<RedisOptions, 'enableOfflineQueue' | 'maxRetriesPerRequest'>,
): Redis {
  const redis = new Redis(url, {
    ...options,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    // A server that hangs is a server that is gone. Workers block for up to 10 s by design.
    socketTimeout: options.enableOfflineQueue === false ? patienceMs : 20_000,
  });
  return redis.on('error', onError);
}

function inspectWheneverReady(redis: Redis, keep: (faults: string[]) => void): Promise<void> {
  const first = Promise.withResolvers<void>();
  async function inspect(): Promise<void> {
    keep(findServerFaults(await redis.info()));
    first.resolve();
  }
  // When the connection is lost before it answers, the next 'ready' asks again.
  redis.on('ready', () => void inspect().catch(() => {}));
  return first.promise;
}

function firstFault(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    redis.once('error', () => resolve());
    setTimeout(resolve, patienceMs).unref();
  });
}

async function hangUp(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}

/** The address without its password. */
function describe(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}`;
}
