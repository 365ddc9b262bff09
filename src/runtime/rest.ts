import { Failure } from '../core/errors.ts';
import { type Dispatchable, newDelivery, renewDeliveries } from '../ledger/index.ts';
import type { AttemptServices } from './attempt.ts';
import { dispatchOrPost } from './dispatch.ts';
import type { Standing } from './line.ts';

/** A run of a bundle waits for its turn in one worker no longer: others may be idle. */
const patienceMs = 1000;
const lookMs = 250;

export interface RestOptions {
  /** The delivery that carries them. */
  readonly delivery: string;
  readonly standing: Standing;
}

/**
 * Resolves when every run of the bundle has ended here or gone elsewhere. What still waits after a second, or when
 * nothing may begin any more, goes on in portions of what this worker has begun of it meanwhile, so that long
 * runs spread and short ones stay together. Throws `queue.crowded` when none of them could begin: then the
 * queue keeps the whole.
 */
export async function seeToRest(services: AttemptServices, rest: RestOptions): Promise<void> {
  const { delivery, standing } = rest;
  const came = performance.now();
  let isCrowded = false;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const { waiting, begun, mayBegin } = standing;
    if (waiting.length === 0 || (mayBegin && performance.now() - came < patienceMs)) return;
    isCrowded = begun === 0;
    standing.leave(new Set(isCrowded ? waiting : await sendOn(services, rest)));
  }

  const timer = setInterval(() => {
    looking ??= look()
      .catch(services.onError) // the database is away: they wait on
      .finally(() => {
        looking = undefined;
      });
  }, lookMs);
  await standing.ended;
  clearInterval(timer);
  await looking;
  if (isCrowded) throw new Failure('queue.crowded', { id: delivery });
}

/** One that begins meanwhile loses the race or wins it: its claim tells. Answers those that went. */
async function sendOn(
  services: AttemptServices,
  { delivery, standing: { waiting, begun } }: RestOptions,
): Promise<string[]> {
  const sql = services.ledger.database;
  const fresh = waiting.map(() => newDelivery());
  const renewed: Dispatchable[] = await renewDeliveries(
    sql,
    waiting.map((id, i) => ({ id, delivery, next: fresh[i - (i % begun)]! })),
  );
  if (renewed.length > 0) await dispatchOrPost({ queues: services.queues, sql }, ...renewed);
  return waiting as string[];
}
