import type { JobType, Queue } from 'bullmq';
import { Failure } from '../core/errors.ts';
import type { Backend, JobQueue, Mark } from './backend.ts';
import { type Consumer, type ConsumerOptions, openConsumer } from './consumer.ts';
import { type Delivery, type Handle, readDelivery } from './delivery.ts';
import { openBackend, type QueuesOptions } from './open.ts';
import { saysServerIsAway } from './outage.ts';

/** A delivery to be added to the queue of `job`. */
export interface Dispatch {
  readonly job: string;
  readonly delivery: string;
  readonly runs: readonly string[];
  /** 0 first, up to 2,097,151. */
  readonly priority?: number;
  readonly delayMs?: number;
  /** It goes before all that wait, where neither has a priority. */
  readonly isFirst?: boolean;
}

/** BullMQ's own queues by the names of their jobs, for what shows them as they are. */
export type InspectedQueues = ReadonlyMap<string, Queue>;

/** What lies in a queue; `waiting` counts prioritized and paused deliveries too. */
export interface QueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
}

/**
 * One queue per job, the same whatever carries them. Every method fails fast with
 * `queue.unavailable` while the server is away, and works again when it is back.
 */
export interface Queues {
  /** What an operator should mend about the server, in sentences. */
  readonly warnings: readonly string[];
  /** Adds a delivery; one that the queue already has is left as it is. */
  dispatch(dispatch: Dispatch): Promise<void>;
  /** Adds many; after a failure some may be there, and adding all again is harmless. */
  dispatchMany(dispatches: readonly Dispatch[]): Promise<void>;
  /** Which of `deliveries` still wait, are delayed, or are active; one round trip. */
  known(job: string, deliveries: readonly string[]): Promise<Set<string>>;
  /** Which of `deliveries` are held back until a time of their own, by a clock that is not Postgres's. */
  delayed(job: string, deliveries: readonly string[]): Promise<Set<string>>;
  /** What `known` tells, and each really stands in line: finds lists that somebody deleted, and costs a walk through them. */
  carried(job: string, deliveries: readonly string[]): Promise<Set<string>>;
  /** Takes back what a process whose clock was ahead wrote for all to go by. */
  rightClocks(): Promise<void>;
  /** What `writeMark` left; another answer says that the server lost what was written since. */
  readMark(): Promise<Mark>;
  writeMark(mark: string): Promise<void>;
  /** Takes back a delivery that carries one run and nobody has started; false when it is active, gone or a bundle. */
  withdraw(job: string, delivery: string): Promise<boolean>;
  /** Stops the job in all consumers; what is active goes on. */
  pause(job: string): Promise<void>;
  resume(job: string): Promise<void>;
  isPaused(job: string): Promise<boolean>;
  counts(job: string): Promise<QueueCounts>;
  /** The delivery as it lies in its queue, whoever added it; undefined when it is not there. */
  find(job: string, delivery: string): Promise<Delivery | undefined>;
  /** Has `work` look at BullMQ's own queues of these jobs, by their names; it changes nothing in them. */
  inspect<T>(jobs: readonly string[], work: (queues: InspectedQueues) => Promise<T>): Promise<T>;
  consume(job: string, handle: Handle, options: ConsumerOptions): Consumer;
  /** Milliseconds that the server took to answer. */
  ping(): Promise<number>;
  /** Ends everything at once, consumers that are still open by force; twice is fine. */
  close(): Promise<void>;
}

/** Opens the queues on Redis, Postgres or PGlite, as `options` say; throws `queue.too_old` or `queue.taken`. */
export async function openQueues(options: QueuesOptions): Promise<Queues> {
  const onError = reportOnce(options.onError);
  const backend = await openBackend({ ...options, onError });
  const reach = openReach(backend);
  const consumers = new Set<Consumer>();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([...consumers].map((consumer) => consumer.close({ force: true })));
    await reach.close();
    await backend.close();
  }

  return {
    ...openProducer(reach),
    ...openControls(reach),
    get warnings() {
      return backend.warnings;
    },
    known: (job, deliveries) =>
      reach.server(async () => new Set(await backend.findKnown(job, deliveries))),
    delayed: (job, deliveries) =>
      reach.server(async () => new Set(await backend.findDelayed(job, deliveries))),
    carried: (job, deliveries) =>
      reach.server(async () => new Set(await backend.findCarried(job, deliveries))),
    rightClocks: () => reach.server(() => backend.rightClocks()),
    readMark: () => reach.server(() => backend.readMark()),
    writeMark: (mark) => reach.server(() => backend.writeMark(mark)),
    consume(job, handle, consumerOptions) {
      const consumer: Consumer = openConsumer({
        backend,
        job,
        handle,
        options: consumerOptions,
        onError,
        onClosed: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      return consumer;
    },
    async ping() {
      const from = performance.now();
      await reach.server(() => backend.ping());
      return performance.now() - from;
    },
    close: () => (closing ??= close()),
  };
}

function openProducer(reach: Reach): Pick<Queues, 'dispatch' | 'dispatchMany'> {
  return {
    async dispatch(dispatch) {
      const { name, data, opts } = toJob(dispatch);
      await reach.queue(dispatch.job, (queue) => queue.add(name, data, opts));
    },
    async dispatchMany(dispatches) {
      const byJob = Map.groupBy(dispatches, ({ job }) => job);
      const added = [...byJob].map(([job, some]) =>
        reach.queue(job, (queue) => queue.addBulk(some.map(toJob))),
      );
      await Promise.all(added);
    },
  };
}

function toJob({ job, delivery, runs, priority, delayMs, isFirst }: Dispatch) {
  return {
    name: job,
    data: { runs },
    opts: {
      jobId: delivery,
      ...(priority !== undefined && { priority }),
      ...(delayMs !== undefined && { delay: delayMs }),
      ...(isFirst && { lifo: true }),
    },
  };
}

function openControls(
  reach: Reach,
): Pick<Queues, 'withdraw' | 'pause' | 'resume' | 'isPaused' | 'counts' | 'find' | 'inspect'> {
  return {
    find: (job, delivery) =>
      reach.queue(job, async (queue) => {
        const carrier = await queue.getJob(delivery);
        return carrier && readDelivery(carrier);
      }),
    async inspect(jobs, work) {
      // What backends open are queues of BullMQ, of which the rest of us sees a part.
      const open = (job: string) =>
        reach.queue(job, (queue) => Promise.resolve([job, queue as Queue] as const));
      const opened = await Promise.all(jobs.map(open));
      return reach.server(() => work(new Map(opened)));
    },
    withdraw: (job, delivery) => reach.queue(job, (queue) => withdraw(queue, delivery)),
    pause: (job) => reach.queue(job, (queue) => queue.pause()),
    resume: (job) => reach.queue(job, (queue) => queue.resume()),
    isPaused: (job) => reach.queue(job, (queue) => queue.isPaused()),
    counts: (job) => reach.queue(job, countDeliveries),
  };
}

/** A delivery may start between the look and the removal; the ledger has the last word then. */
async function withdraw(queue: JobQueue, delivery: string): Promise<boolean> {
  const carrier = await queue.getJob(delivery);
  if (!carrier || readDelivery(carrier).runs.length > 1) return false;
  const state = await queue.getJobState(delivery);
  if (!['waiting', 'prioritized', 'delayed'].includes(state)) return false;
  return (await queue.remove(delivery)) === 1;
}

async function countDeliveries(queue: JobQueue): Promise<QueueCounts> {
  const counts = await queue.getJobCounts(
    'waiting',
    'prioritized',
    // Missing in BullMQ's types, but where Postgres counts what waits in a paused queue.
    'paused' as JobType,
    'delayed',
    'active',
    'failed',
  );
  const count = (state: string) => counts[state] ?? 0;
  return {
    waiting: count('waiting') + count('prioritized') + count('paused'),
    delayed: count('delayed'),
    active: count('active'),
    failed: count('failed'),
  };
}

type Reach = ReturnType<typeof openReach>;

/** Opens each queue once, and turns whatever the server does wrong into `queue.unavailable`. */
function openReach(backend: Backend) {
  const queues = new Map<string, Promise<JobQueue>>();
  let isClosed = false;

  async function open(job: string): Promise<JobQueue> {
    const queue = backend.openQueue(job);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      // BullMQ remembers a failed start for ever: the next caller gets a new queue.
      queues.delete(job);
      void queue.close().catch(() => {});
      throw error;
    }
  }

  async function server<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (isClosed) throw new Error('this process has closed them');
      if (backend.admission.refusal) throw backend.admission.refusal;
      if (!backend.isReachable()) throw new Error('no connection to the server');
      return await work();
    } catch (cause) {
      throw new Failure('queue.unavailable', { reason: (cause as Error).message }, cause);
    }
  }

  return {
    server,
    queue: <T>(job: string, work: (queue: JobQueue) => Promise<T>): Promise<T> =>
      server(async () => {
        if (!queues.has(job)) queues.set(job, open(job));
        return work(await queues.get(job)!);
      }),
    async close() {
      isClosed = true;
      const opened = await Promise.allSettled(queues.values());
      for (const queue of opened) if (queue.status === 'fulfilled') await queue.value.close();
    },
  };
}

/** One fault reaches us through every queue that shares a connection; that the server is away is told elsewhere. */
function reportOnce(onError: (error: Error) => void = () => {}): (error: Error) => void {
  const reported = new WeakSet<Error>();
  return (error) => {
    if (saysServerIsAway(error) || reported.has(error)) return;
    reported.add(error);
    onError(error);
  };
}
