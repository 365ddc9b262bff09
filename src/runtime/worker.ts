import { hostname } from 'node:os';
import { Failure } from '../core/errors.ts';
import { markStopped, newId, registerWorker } from '../ledger/index.ts';
import { checkNeeds } from './context.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type Held, openHeld } from './held.ts';
import { type IntakeOptions, openIntake } from './intake.ts';

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

export interface WorkerOptions extends Omit<IntakeOptions, 'id' | 'held'> {
  readonly heartbeatSeconds: number;
}

/** A worker that misses as many heartbeats in a row is not well; it counts as dead no sooner. */
const missedBeats = 3;

/** Checks that every need can be met, makes the worker known and begins to take runs. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { services, database, jobs } = options;
  for (const job of jobs) checkNeeds(job, services.providers);
  const id = newId();
  const held = openHeld(database, id);
  await register(options, id);
  const unlisten = await heedCancels(options, held);
  const intake = await openIntake({ ...options, id, held });
  const heartbeat = startBeats(options, { id, held, onBeat: () => intake.pauses.refresh() });
  await intake.pauses.refresh();
  let stopping: Promise<void> | undefined;

  async function stop(graceMs: number): Promise<void> {
    await intake.close(graceMs);
    await services.ledger.drained();
    await heartbeat.stop();
    await unlisten();
    await intake.unlisten();
    await markStopped(database, id);
  }

  return {
    id,
    get active() {
      return held.size;
    },
    check() {
      const { silentMs } = heartbeat;
      if (silentMs > options.heartbeatSeconds * missedBeats * 1000)
        throw new Failure('worker.silent', { seconds: Math.round(silentMs / 1000) });
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

function register({ database, jobs, concurrency }: WorkerOptions, id: string): Promise<void> {
  return registerWorker(database, {
    id,
    host: hostname(),
    pid: process.pid,
    jobs: jobs.map(({ name }) => name),
    versions: Object.fromEntries(jobs.map(({ name, version }) => [name, version])),
    concurrency,
  });
}

function heedCancels({ database, onError }: WorkerOptions, held: Held) {
  return database.listen('nightshift_cancel', (run) => void held.fenceLost(run).catch(onError));
}

interface Beats {
  readonly id: string;
  readonly held: Held;
  onBeat(): Promise<void>;
}

function startBeats(options: WorkerOptions, { id, held, onBeat }: Beats) {
  return startHeartbeat({
    sql: options.database,
    worker: id,
    periodSeconds: options.heartbeatSeconds,
    detectionMs: options.services.ledger.detectionMs,
    register: () => register(options, id),
    inHand: () => held.inHand,
    async onBeat() {
      await held.fenceLost();
      await held.giveBackDoubtful();
      await onBeat();
    },
    onError: options.onError,
  });
}
