import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { isFailure } from '../core/errors.ts';
import type { Admission } from './admission.ts';
import type { Backend, JobWorker, WorkerSettings } from './backend.ts';
import { type Handle, readDelivery } from './delivery.ts';

export interface ConsumerOptions {
  /** Deliveries in hand at once. */
  readonly concurrency: number;
  /** Asked before one more delivery is taken, and not remembered; absent: there is always room. */
  readonly hasRoom?: () => boolean;
  /** A delivery whose consumer has not renewed its lock for this long is given to another. */
  readonly lockMs?: number;
  /** How often one of the consumers looks for such deliveries. */
  readonly stalledCheckMs?: number;
}

/** Takes the deliveries of one job. Nothing happens before `start`. */
export interface Consumer {
  start(): void;
  /** Takes no more deliveries, in this consumer only; those in hand go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Asks `hasRoom` again: the answer is another one now. */
  heedRoom(): void;
  /**
   * Takes no more deliveries and waits for those in hand. With `force`, also while it waits, their
   * signals are aborted and they go back to the front of the queue at once.
   */
  close(options?: { readonly force?: boolean }): Promise<void>;
}

interface Opening {
  readonly backend: Backend;
  readonly job: string;
  readonly handle: Handle;
  readonly options: ConsumerOptions;
  readonly onError: (error: Error) => void;
  /** Called once the consumer has ended. */
  readonly onClosed: () => void;
}

/** How long a forced close tries to hand back what it holds; after that the lock runs out anyway. */
const handBackMs = 2_000;

/** Prepares a consumer of `job`; it opens its connection, and takes nothing yet. */
export function openConsumer(opening: Opening): Consumer {
  const { backend, onError } = opening;
  const hand: Hand = { jobs: new Map(), isForced: false };
  const worker = openWorker(opening, hand, () => room.heed());
  const forced = Promise.withResolvers<void>();
  let draining: Promise<void> | undefined;

  async function letGo(): Promise<void> {
    hand.isForced = true;
    await worker.pause(true);
    worker.cancelAllJobs('the worker stops');
    await handBack([...hand.jobs.values()], onError);
    forced.resolve();
  }

  const { forget, wake, ...taking } = openTaking(worker, backend.admission, onError);
  const room = openRoom(opening.options, { worker, hand, wake });
  return {
    ...taking,
    heedRoom: room.heed,
    async close({ force = false } = {}) {
      room.close();
      if (force && !hand.isForced) {
        await letGo();
      } else {
        draining ??= drain(worker).catch(onError);
        const ended = Promise.race([draining, forced.promise]);
        // BullMQ would wait for a lost server for ever, even with nothing in hand.
        const isPointless = () => hand.jobs.size === 0 && !backend.isReachable();
        await Promise.race([ended, whenever(isPointless, ended)]);
      }
      await worker.close(true);
      forget();
      opening.onClosed();
    },
  };
}

/** Takes deliveries while it was started, is not paused, and the server is one that may be used. */
function openTaking(
  worker: JobWorker,
  admission: Admission,
  onError: (error: Error) => void,
): Pick<Consumer, 'start' | 'pause' | 'resume'> & { forget(): void; wake(): void } {
  let isStarted = false;
  let isPaused = false;

  function begin(): void {
    if (isStarted && admission.isOpen && !worker.isRunning()) worker.run().catch(onError);
  }

  const forget = admission.onChange(() => {
    if (!isStarted || isPaused) return;
    if (!admission.isOpen) void worker.pause(true);
    else if (worker.isPaused()) void worker.resume();
    else begin();
  });
  return {
    forget,
    start() {
      isStarted = true;
      begin();
    },
    async pause() {
      isPaused = true;
      await worker.pause(true);
    },
    async resume() {
      isPaused = false;
      if (admission.isOpen) await worker.resume();
    },
    wake() {
      if (isStarted && !isPaused && admission.isOpen && worker.isRunning())
        void worker.pause(true).then(() => (isPaused ? undefined : worker.resume()));
    },
  };
}

/**
 * Lets BullMQ fetch one delivery more than are in hand while there is room, and none while there is not: left to
 * itself it would fetch as many as it may before it begins with the first.
 */
function openRoom(
  { hasRoom, concurrency }: ConsumerOptions,
  { worker, hand, wake }: { readonly worker: JobWorker; readonly hand: Hand; wake(): void },
) {
  let timer: NodeJS.Timeout | undefined;
  return {
    heed() {
      if (!hasRoom) return;
      const inHand = hand.jobs.size;
      const before = worker.concurrency;
      clearTimeout(timer);
      worker.concurrency = hasRoom() ? Math.min(inHand + 1, concurrency) : Math.max(1, inHand - 1);
      // BullMQ looks at the number with the end of a delivery, which may be long in coming.
      if (inHand > 0 && worker.concurrency > before) timer = setTimeout(wake, wakeMs);
    },
    close: () => clearTimeout(timer),
  };
}

const wakeMs = 20;

/** The deliveries that a consumer has begun and not ended. */
interface Hand {
  readonly jobs: Map<string, Job>;
  isForced: boolean;
}

function openWorker(
  { backend, job, handle, options, onError }: Opening,
  hand: Hand,
  onHand: () => void,
): JobWorker {
  const processor = async (carrier: Job, _token?: string, signal?: AbortSignal) => {
    // BullMQ may fetch one more while it closes; it leaves the job alone after this error.
    if (hand.isForced) throw new WaitingError();
    const delivery = readDelivery(carrier);
    try {
      // A worker that waits while it is paused still takes the next that comes.
      if (!backend.admission.isOpen) await putBack(carrier);
      carrier.opts.removeOnComplete ??= delivery.foreign ? keptForeign : true;
      const handled = handle(delivery, signal!);
      onHand();
      return await handled;
    } catch (error) {
      if (isFailure(error, 'queue.paused') || isFailure(error, 'queue.crowded'))
        await putBack(carrier);
      if (isFailure(error, 'queue.elsewhere')) {
        hand.jobs.delete(carrier.id!);
        await putBack(carrier, passOnMs);
      }
      if (isFailure(error, 'queue.early'))
        await delayAnew(backend, carrier, Number(error.details['ms']));
      // Its own \`attempts\` would run it again behind the ledger's back.
      if (delivery.foreign) throw new UnrecoverableError((error as Error).message);
      throw error;
    } finally {
      hand.jobs.delete(carrier.id!);
      onHand();
    }
  };
  const worker = backend.openWorker(job, processor, chooseSettings(options));
  worker.on('error', onError);
  worker.on('active', (carrier) => void hand.jobs.set(carrier.id!, carrier));
  worker.on('completed', (carrier) => void hand.jobs.delete(carrier.id!));
  worker.on('failed', (carrier) => void (carrier && hand.jobs.delete(carrier.id!)));
  return worker;
}

/** Back among those that wait, for `leadMs` for others alone; whoever does this takes no more of them meanwhile. */
async function putBack(carrier: Job, leadMs = 0): Promise<never> {
  await carrier.moveToWait(carrier.token);
  if (leadMs > 0) await sleep(leadMs);
  throw new WaitingError();
}

/** So long the others that wait for a delivery have the lead over the worker that passes it on. */
const passOnMs = 20;

/**
 * BullMQ delays by the clock of this process. Where that is ahead, the delivery would rest as much longer for all the
 * others, and nothing looks after one of a foreign producer: it stays in hand for a moment, and then waits.
 */
async function delayAnew(backend: Backend, carrier: Job, ms: number): Promise<never> {
  const aheadMs = await backend.aheadMs().catch(() => 0);
  if (aheadMs > tolerableMs) {
    await sleep(Math.min(ms, tolerableMs));
    return putBack(carrier);
  }
  await carrier.moveToDelayed(Date.now() + ms, carrier.token);
  throw new DelayedError();
}

const tolerableMs = 1000;

/**
 * For an hour, or a thousand of a queue: its producer may look for its job only after it has ended. Ours go one
 * by one: on Postgres, to keep none would take those of others along.
 */
const keptForeign = { age: 3600, count: 1000 };

function chooseSettings(options: ConsumerOptions): WorkerSettings {
  const { concurrency, lockMs = 20_000, stalledCheckMs = 5_000 } = options;
  return {
    autorun: false,
    concurrency: options.hasRoom ? 1 : concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    // After a lost connection; BullMQ's own 15 seconds are half of what a takeover may take.
    runRetryDelay: 2_000,
    // The ledger counts crashes and sets a poisonous run aside. BullMQ would fail the delivery
    // without telling anybody, so its own limit is out of reach (the largest Postgres integer).
    maxStalledCount: 2 ** 31 - 1,
    // The ledger remembers; the queue keeps only what went wrong lately, for Bull Board.
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 100 },
  };
}

/** Waits for the deliveries in hand and until BullMQ has heard of their end. */
function drain(worker: JobWorker): Promise<void> {
  // Pausing again would not wait; but pausing, unlike closing, can still be overruled by force.
  return worker.isPaused() ? worker.close() : worker.pause();
}

/** Resolves soon after `condition` holds, and stops asking when `end` comes. */
function whenever(condition: () => boolean, end: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = setInterval(() => condition() && resolve(), 100);
  void Promise.race([promise, end]).finally(() => clearInterval(watch));
  return promise;
}

async function handBack(jobs: Job[], onError: (error: Error) => void): Promise<void> {
  const handedBack = Promise.all(
    jobs.map((job) => job.moveToWait(job.token).catch((error: Error) => onError(error))),
  );
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, handBackMs);
  await Promise.race([handedBack, deadline.promise]);
  clearTimeout(timer);
}
