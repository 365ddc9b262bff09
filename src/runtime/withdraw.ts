import type { Queues } from '../queue/index.ts';
import { orAway } from './lost.ts';

/** A delivery in the queue of its job. */
export interface Withdrawn {
  readonly job: string;
  readonly delivery: string;
}

const atOnce = 20;

/**
 * Takes deliveries out of their queues. One that stays behind does no harm, since its claim is refused: so a queue
 * that is away is no reason to fail.
 */
export async function withdrawAll(queues: Queues, deliveries: readonly Withdrawn[]): Promise<void> {
  const waiting = [...deliveries];
  async function withdrawNext(): Promise<void> {
    for (let next = waiting.pop(); next; next = waiting.pop())
      await queues.withdraw(next.job, next.delivery);
  }
  await orAway(() => Promise.all(Array.from({ length: atOnce }, withdrawNext)));
}
