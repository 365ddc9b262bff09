import { hostname } from 'node:os';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Database } from '../db/index.ts';
import { markStopped, newId, registerWorker } from '../ledger/index.ts';
import type { Delivery } from '../queue/index.ts';
import { type AttemptServices, attemptRun } from './attempt.ts';
import { checkNeeds } from './context.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type Held, openHeld } from './held.ts';
import { openPauses, type Pauses } from './pauses.ts';

/** A process's share in running jobs: it drains the queues of `jobs`. */
export interface Worker {
  readonly id: string;
  /** Runs under way now. */
  readonly active: number;
  /** Throws `worker.silent` when the database has not heard of it for some heartbeats. */
  check(): void;
  /**
   * Takes nothing new, lets what runs finish for `graceMs`, gives back the rest, and says that it is gone.
   * Twice is fine.
   */
  stop(graceMs: number): Promise<void>;
}

export interface WorkerOptions {
  readonly services: Omit<AttemptServices, 'worker' | 'hurry' | 'onError'>;
  readonly database: Database;
  readonly jobs: readonly AnyJob[];
  /** Runs of one job at a time. */
  readonly concurrency: number;
  readonly heartbeatSeconds: number;
  onError(error: unknown): void;
}

/** A worker that misses as many heartbeats in a row is not well; it counts as dead no sooner. */
const missedBeats = 3;

/** Checks that every need can be met, makes the worker known and begins to take runs. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { services, database, jobs, onError } = options;
  for (const job of jobs) checkNeeds(job, services.providers);
  const id = newId();
  const hurry = new AbortController();
  const held = openHeld(database, id);
  const attempting = { ...services, worker: id, hurry: hurry.signal, onError };
  await registerWorker(database, {
    id,
    host: hostname(),
    pid: process.pid,
    jobs: jobs.map(({ name }) => name),
  });
  const unlisten = await database.listen(
    'nightshift_cancel',
    (run) => void held.fenceLost(run).catch(onError),
  );
  const consumers = new Map(
    jobs.map((job) => [
      job.name,
      services.queues.consume(
        job.name,
        (delivery) => receive(attempting, { job, delivery, held, pauses }),
        { concurrency: options.concurrency },
      ),
    ]),
  );
  const pauses: Pauses = openPauses(database, consumers);
  const unlistenPauses = await database.listen(
    'nightshift_pause',
    () => void pauses.refresh().catch(onError),
  );
  const heartbeat = startHeartbeat({
    sql: database,
    worker: id,
    periodSeconds: options.heartbeatSeconds,
    detectionMs: services.ledger.detectionMs,
    inHand: () => held.inHand,
    async onBeat() {
      await held.fenceLost();
      await held.giveBackDoubtful();
      await pauses.refresh();
    },
    onError,
  });
  await pauses.refresh();

  function check(): void {
    const { silentMs } = heartbeat;
    if (silentMs > options.heartbeatSeconds * missedBeats * 1000)
      throw new Failure('worker.silent', { seconds: Math.round(silentMs / 1000) });
  }

  let stopping: Promise<void> | undefined;
  async function stop(graceMs: number): Promise<void> {
    pauses.close();
    const closing = Promise.all([...consumers.values()].map((consumer) => consumer.close()));
    const timer = setTimeout(() => {
      hurry.abort();
      held.giveBack();
    }, graceMs);
    await closing;
    clearTimeout(timer);
    await services.ledger.drained();
    await heartbeat.stop();
    await unlisten();
    await unlistenPauses();
    await markStopped(database, id);
  }

  return {
    id,
    get active() {
      return held.size;
    },
    check,
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

interface Received {
  readonly job: AnyJob;
  readonly delivery: Delivery;
  readonly held: Held;
  readonly pauses: Pauses;
}

/** A delivery that was on its way while its job was paused goes back: its runs wait with the others. */
async function receive(
  services: AttemptServices,
  { job, delivery, held, pauses }: Received,
): Promise<void> {
  if (pauses.isPaused(job.name)) throw new Failure('queue.paused', { job: job.name });
  const release = held.take(delivery.runs);
  try {
    await attemptAll(services, { job, delivery, held });
  } finally {
    release();
  }
}

async function attemptAll(
  services: AttemptServices,
  { job, delivery, held }: Omit<Received, 'pauses'>,
): Promise<void> {
  if (delivery.foreign) throw new Failure('queue.foreign', { id: delivery.id, job: job.name });
  const attempts = delivery.runs.map(async (run) => {
    try {
      return await attemptRun(services, { run, delivery: delivery.id, hold: held.hold });
    } catch (error) {
      held.doubt({ run, delivery: delivery.id });
      services.onError(error);
      return undefined;
    }
  });
  const early = (await Promise.all(attempts)).filter((answer) => answer !== undefined);
  if (early.length === 0) return;
  const ms = Math.min(...early.map(({ earlyMs }) => earlyMs));
  throw new Failure('queue.early', { id: delivery.id, ms });
}
