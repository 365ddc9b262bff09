import { hostname } from 'node:os';
import { GiveBack } from '../core/endings.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Database } from '../db/index.ts';
import { listFenced, markStopped, newId, registerWorker } from '../ledger/index.ts';
import type { Delivery } from '../queue/index.ts';
import { type AttemptServices, attemptRun, type HeldAttempt } from './attempt.ts';
import { checkNeeds } from './context.ts';
import { startHeartbeat } from './heartbeat.ts';

/** A process's share in running jobs: it drains the queues of `jobs`. */
export interface Worker {
  readonly id: string;
  /** Runs under way now. */
  readonly active: number;
  /**
   * Takes nothing new, lets what runs finish for `graceMs`, gives back the rest, and says that it is gone.
   * Twice is fine.
   */
  stop(graceMs: number): Promise<void>;
}

export interface WorkerOptions {
  readonly services: Omit<AttemptServices, 'worker'>;
  readonly database: Database;
  readonly jobs: readonly AnyJob[];
  /** Runs of one job at a time. */
  readonly concurrency: number;
  readonly heartbeatSeconds: number;
  onError(error: unknown): void;
}

/** Checks that every need can be met, makes the worker known and begins to take runs. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { services, database, jobs, onError } = options;
  for (const job of jobs) checkNeeds(job, services.providers);
  const id = newId();
  const held = openHeld(database);
  await registerWorker(database, {
    id,
    host: hostname(),
    pid: process.pid,
    jobs: jobs.map(({ name }) => name),
  });
  const unlisten = await database.listen('nightshift_cancel', (run) => held.fence(run));
  const heartbeat = startHeartbeat({
    sql: database,
    worker: id,
    periodSeconds: options.heartbeatSeconds,
    onBeat: () => held.fenceLost(),
    onError,
  });
  const consumers = jobs.map((job) =>
    services.queues.consume(
      job.name,
      (delivery) => attemptAll({ ...services, worker: id }, delivery, held),
      {
        concurrency: options.concurrency,
      },
    ),
  );
  for (const consumer of consumers) consumer.start();

  let stopping: Promise<void> | undefined;
  async function stop(graceMs: number): Promise<void> {
    const closing = Promise.all(consumers.map((consumer) => consumer.close()));
    const timer = setTimeout(() => held.giveBack(), graceMs);
    await closing;
    clearTimeout(timer);
    await services.ledger.drained();
    await heartbeat.stop();
    await unlisten();
    await markStopped(database, id);
  }

  return {
    id,
    get active() {
      return held.size;
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

async function attemptAll(
  services: AttemptServices,
  delivery: Delivery,
  held: Held,
): Promise<void> {
  await Promise.all(
    delivery.runs.map((run) =>
      attemptRun(services, { run, delivery: delivery.id, hold: held.hold }),
    ),
  );
}

/** The attempts under way in this process. */
type Held = ReturnType<typeof openHeld>;

function openHeld(database: Database) {
  const attempts = new Map<string, HeldAttempt>();

  function fence(id: string): void {
    const attempt = attempts.get(id);
    attempt?.control.abort(new Failure('run.fenced', { id, attempt: attempt.run.attempt }));
  }

  return {
    fence,
    get size() {
      return attempts.size;
    },
    hold(attempt: HeldAttempt) {
      attempts.set(attempt.run.run, attempt);
      return () => attempts.delete(attempt.run.run);
    },
    /** Signals the attempts whose run was cancelled or taken over without this process hearing of it. */
    async fenceLost(): Promise<void> {
      const fences = [...attempts.values()].map(({ run }) => run);
      if (fences.length === 0) return;
      for (const run of await listFenced(database, fences)) fence(run);
    },
    giveBack(): void {
      for (const { control } of attempts.values()) control.abort(new GiveBack());
    },
  };
}
