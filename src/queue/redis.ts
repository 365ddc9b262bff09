import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { type Availability, type OnAvailability, openAvailability } from '../core/availability.ts';
import { openAdmission } from './admission.ts';
import { type Backend, streams } from './backend.ts';
import { findCarried, findDelayed, findKnown } from './redis-known.ts';
import { type Findings, inspectServer } from './redis-server.ts';

export interface RedisBackendOptions {
  readonly url: string;
  readonly prefix: string;
  readonly installation?: string;
  readonly onError: (error: Error) => void;
  readonly onWarning?: (warning: string) => void;
  readonly onAvailability?: OnAvailability;
}

/** A producer waits this long for an answer, and `openRedisBackend` this long for the server. */
const patienceMs = 3_000;

/** A server is looked at whenever it answers anew, and so often: a wipe does not close connections. */
const inspectMs = 15_000;

/**
 * Queues on Redis or Valkey. Opens even while the server is away: producers then fail at once and
 * workers wait for it. Throws `queue.too_old` or `queue.taken`; a server that turns out to be so
 * later gets nothing, and consumers take nothing from it. One connection serves all producers;
 * workers share another, and each adds one to block on.
 */
export async function openRedisBackend(options: RedisBackendOptions): Promise<Backend> {
  const { url, prefix, onError } = options;
  const address = describe(url);
  // No job can have this name: a queue's keys have one part more.
  const markKey = `${prefix}:nightshift:epoch`;
  const availability = openAvailability(`Redis at ${address}`, options.onAvailability);
  const reach = { url, availability };
  const producers = connect(reach, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  let workers: Redis | undefined;
  const inspection = openInspection(producers, { ...options, address, availability });
  await Promise.race([inspection.first, firstFault(producers)]);
  const { admission } = inspection;

  async function close(): Promise<void> {
    inspection.stop();
    await Promise.all([hangUp(producers), workers && hangUp(workers)]);
  }

  if (admission.refusal) {
    await close();
    throw admission.refusal;
  }
  const settled = { prefix, skipVersionCheck: true }; // we look ourselves, and BullMQ would print
  return {
    admission,
    get warnings() {
      return inspection.warnings;
    },
    isReachable: () => producers.status === 'ready',
    openQueue(job) {
      const queue = new Queue(job, { connection: producers, streams, ...settled });
      return queue.on('error', onError);
    },
    openWorker(job, processor, settings) {
      // A worker's commands wait for the server, or it would drop what it has just finished.
      workers ??= connect(reach, { maxRetriesPerRequest: null });
      return new Worker(job, processor, { connection: workers, ...settled, ...settings });
    },
    findKnown: (job, deliveries) => findKnown(producers, `${prefix}:${job}`, deliveries),
    findDelayed: (job, deliveries) => findDelayed(producers, `${prefix}:${job}`, deliveries),
    findCarried: (job, deliveries) => findCarried(producers, `${prefix}:${job}`, deliveries),
    async aheadMs() {
      const [seconds, micros] = await producers.time();
      return Date.now() - (Number(seconds) * 1000 + Number(micros) / 1000);
    },
    // What BullMQ keeps there for a while ends by the server's clock.
    rightClocks: () => Promise.resolve(),
    readMark: async () => ({ mark: await producers.get(markKey) }),
    writeMark: async (mark) => void (await producers.set(markKey, mark)),
    async ping() {
      await producers.ping();
    },
    close,
  };
}

function connect(
  { url, availability }: { readonly url: string; readonly availability: Availability },
  options: Pick<RedisOptions, 'enableOfflineQueue' | 'maxRetriesPerRequest'>,
): Redis {
  const redis = new Redis(url, {
    ...options,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    // A server that hangs is a server that is gone. Workers block for up to 10 s by design.
    socketTimeout: options.enableOfflineQueue === false ? patienceMs : 20_000,
  });
  return redis.on('error', (error) => availability.isAway(error.message));
}

interface InspectionOptions extends RedisBackendOptions {
  readonly address: string;
  readonly availability: Availability;
}

/** Looks at the server whenever it is there, and decides whether it may be used. */
function openInspection(redis: Redis, options: InspectionOptions) {
  const { address, availability, onError, onWarning = () => {} } = options;
  const first = Promise.withResolvers<void>();
  const admission = openAdmission();
  let warnings: readonly string[] = [
    `Redis at ${address} does not answer; runs are accepted and wait for it.`,
  ];

  function heed(found: Findings): void {
    for (const warning of found.warnings) if (!warnings.includes(warning)) onWarning(warning);
    warnings = found.warnings;
    const isNews = found.refusal?.code !== admission.refusal?.code;
    admission.decide(found.refusal);
    if (found.refusal && isNews) onError(found.refusal);
  }

  async function inspect(): Promise<void> {
    if (redis.status !== 'ready') return;
    heed(await inspectServer(redis, options));
    availability.answers();
    first.resolve();
  }

  // When the connection is lost before it answers, the next 'ready' asks again.
  const inspectNow = () => void inspect().catch(() => {});
  redis.on('ready', inspectNow);
  const timer = setInterval(inspectNow, inspectMs).unref();
  return {
    first: first.promise,
    admission,
    get warnings() {
      return warnings;
    },
    stop: () => clearInterval(timer),
  };
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
