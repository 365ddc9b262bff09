import type { AnyJob } from '../core/job.ts';
import type { Database } from '../db/index.ts';
import type { Consumer } from '../queue/index.ts';
import type { AttemptServices } from './attempt.ts';
import type { Held } from './held.ts';
import { openLine } from './line.ts';
import { openPassing } from './passing.ts';
import { openPauses, type Pauses } from './pauses.ts';
import { receive } from './receive.ts';

/** The queues that a worker drains: what comes from them is attempted. */
export interface Intake {
  readonly pauses: Pauses;
  /** Takes nothing new, lets what runs finish for `graceMs`, and gives back the rest. */
  close(graceMs: number): Promise<void>;
  /** No longer hears of pauses. */
  unlisten(): Promise<void>;
}

export interface IntakeOptions {
  readonly services: Omit<AttemptServices, 'worker' | 'hurry' | 'onError'>;
  readonly database: Database;
  readonly jobs: readonly AnyJob[];
  /** Runs of one job at a time. */
  readonly concurrency: number;
  /** Of the worker. */
  readonly id: string;
  readonly held: Held;
  onError(error: unknown): void;
}

export async function openIntake(options: IntakeOptions): Promise<Intake> {
  const { services, database, jobs, id, held, onError } = options;
  const hurry = new AbortController();
  const attempting = { ...services, worker: id, hurry: hurry.signal, onError };
  const passing = openPassing();
  let isClosing = false;
  const consumers = new Map(jobs.map((job) => [job.name, consume(job)]));
  const pauses: Pauses = openPauses(database, consumers);
  const unlisten = await database.listen(
    'nightshift_pause',
    () => void pauses.refresh().catch(onError),
  );

  function consume(job: AnyJob): Consumer {
    const { concurrency } = options;
    const line = openLine({
      limit: concurrency,
      mayBegin: () => !isClosing && !pauses.isPaused(job.name),
      onRoom: () => consumer.heedRoom(),
    });
    const consumer: Consumer = services.queues.consume(
      job.name,
      (delivery) => receive(attempting, { job, delivery, held, pauses, line, passing }),
      { concurrency, ...(job.bundle.max > 1 && { hasRoom: () => line.hasRoom }) },
    );
    return consumer;
  }

  return {
    pauses,
    unlisten,
    async close(graceMs) {
      isClosing = true;
      pauses.close();
      const closing = Promise.all([...consumers.values()].map((consumer) => consumer.close()));
      const timer = setTimeout(() => {
        hurry.abort();
        held.giveBack();
      }, graceMs);
      await closing;
      clearTimeout(timer);
    },
  };
}
