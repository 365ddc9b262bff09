import { type AnyBatchJob, isBatchJob } from '../core/batch-job.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import type { Early } from '../ledger/index.ts';
import type { Delivery } from '../queue/index.ts';
import { type AttemptServices, attemptRun } from './attempt.ts';
import { attemptBatch } from './batch.ts';
import { carryForeign } from './foreign.ts';
import type { Held } from './held.ts';
import type { Line } from './line.ts';
import type { Passing } from './passing.ts';
import type { Pauses } from './pauses.ts';
import { seeToRest } from './rest.ts';

/** A delivery, and what its worker knows. */
export interface Received {
  readonly job: AnyJob;
  readonly delivery: Delivery;
  readonly held: Held;
  readonly pauses: Pauses;
  readonly line: Line;
  readonly passing: Passing;
}

/** A delivery that was on its way while its job was paused, or while the worker stops, goes back. */
export async function receive(
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
