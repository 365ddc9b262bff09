import { hostname } from 'node:os';
import { type AnyBatchJob, isBatchJob } from '../core/batch-job.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Database } from '../db/index.ts';
import { type Early, markStopped, newId, registerWorker } from '../ledger/index.ts';
import type { Consumer, Delivery } from '../queue/index.ts';
import { type AttemptServices, attemptRun } from './attempt.ts';
import { attemptBatch } from './batch.ts';
import { checkNeeds } from './context.ts';
import { carryForeign } from './foreign.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type Held, openHeld } from './held.ts';
import { type Line, openLine } from './line.ts';
import { openPassing, type Passing } from './passing.ts';
import { openPauses, type Pauses } from './pauses.ts';
import { seeToRest } from './rest.ts';

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
  let stopping: Promise<void> | undefined;
  const held = openHeld(database, id);
  const passing = openPassing();
  const attempting = { ...services, worker: id, hurry: hurry.signal, onError };
  const register = () =>
    registerWorker(database, {
      id,
      host: hostname(),
      pid: process.pid,
      jobs: jobs.map(({ name }) => name),
      versions: Object.fromEntries(jobs.map(({ name, version }) => [name, version])),
      concurrency: options.concurrency,
    });
  await register();
  const unlisten = await database.listen(
    'nightshift_cancel',
    (run) => void held.fenceLost(run).catch(onError),
  );
  const consumers = new Map(jobs.map((job) => [job.name, consume(job)]));
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
    register,
    inHand: () => held.inHand,
    async onBeat() {
      await held.fenceLost();
      await held.giveBackDoubtful();
      await pauses.refresh();
    },
    onError,
  });
  await pauses.refresh();

  function consume(job: AnyJob): Consumer {
    const { concurrency } = options;
    const line = openLine({
      limit: concurrency,
      mayBegin: () => !stopping && !pauses.isPaused(job.name),
      onRoom: () => consumer.heedRoom(),
    });
    const consumer: Consumer = services.queues.consume(
      job.name,
      (delivery) => receive(attempting, { job, delivery, held, pauses, line, passing }),
      { concurrency, ...(job.bundle.max > 1 && { hasRoom: () => line.hasRoom }) },
    );
    return consumer;
  }

  function check(): void {
    const { silentMs } = heartbeat;
    if (silentMs > options.heartbeatSeconds * missedBeats * 1000)
      throw new Failure('worker.silent', { seconds: Math.round(silentMs / 1000) });
  }

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
  readonly line: Line;
  readonly passing: Passing;
}

/** A delivery that was on its way while its job was paused, or while the worker stops, goes back. */
async function receive(
  services: AttemptServices,
  { pauses, passing, ...received }: Received,
): Promise<unknown> {
  const { job, delivery, held } = received;
  if (pauses.isPaused(job.name)) throw new Failure('queue.paused', { job: job.name });
  const { id, runs, foreign } = delivery;
  const attempt = async (one: Pick<Delivery, 'id' | 'runs'>): Promise<Early | undefined> => {
    const release = held.take(one.runs);
    try {
      return await attemptAll(services, received, one);
    } finally {
      release();
    }
  };
  if (foreign)
    return carryForeign(services, {
      job,
      delivery: { id, runs, foreign },
      attempt: (one) => attempt({ id: one.delivery, runs: [one.run] }),
    });
  const early = await attempt(delivery);
  if (early?.isForOthers && passing.isDue(id)) throw new Failure('queue.elsewhere', { id });
  if (early) throw new Failure('queue.early', { id, ms: early.earlyMs });
  return undefined;
}

async function attemptAll(
  services: AttemptServices,
  { job, held, line }: Omit<Received, 'pauses' | 'passing'>,
  { id, runs }: Pick<Delivery, 'id' | 'runs'>,
): Promise<Early | undefined> {
  const inBundle = runs.length > 1;
  let earliest: Early | undefined;
  const heed = (early: Early | undefined) => {
    if (early && early.earlyMs < (earliest?.earlyMs ?? Number.POSITIVE_INFINITY)) earliest = early;
  };
  const onDoubt = (run: string, error: unknown) => {
    held.doubt({ run, delivery: id });
    services.onError(error);
  };
  const shared = { delivery: id, version: job.version, hold: held.hold };
  const attempt = (run: string) =>
    attemptRun(services, { ...shared, run, inBundle })
      .then(heed)
      .catch((error: unknown) => onDoubt(run, error));
  const attemptTogether = (batch: AnyBatchJob) => () =>
    attemptBatch(services, { ...shared, job: batch, runs, onDoubt })
      .then(heed)
      .catch(services.onError);
  const standing =
    inBundle && isBatchJob(job)
      ? line.stand([id], attemptTogether(job))
      : line.stand(runs, attempt);
  if (standing.waiting.length > 0) await seeToRest(services, { delivery: id, standing });
  else await standing.ended;
  return earliest;
}
