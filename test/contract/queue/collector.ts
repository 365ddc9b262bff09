import { EventEmitter, once } from 'node:events';
import type { Delivery, Handle } from '../../../src/queue/index.ts';

/** A handler that remembers what it was given, and a way to wait for it. */
export interface Collector {
  readonly handle: Handle;
  readonly deliveries: readonly Delivery[];
  /** The ids of the first `count` deliveries, as soon as they have come. */
  readonly reach: (count: number) => Promise<string[]>;
}

/** Collects deliveries; each ends when `work` does. */
export function collect(work: Handle = async () => {}): Collector {
  const deliveries: Delivery[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  return {
    deliveries,
    async handle(delivery, signal) {
      deliveries.push(delivery);
      arrivals.emit('arrival');
      await work(delivery, signal);
    },
    async reach(count) {
      while (deliveries.length < count) await once(arrivals, 'arrival');
      return deliveries.slice(0, count).map(({ id }) => id);
    },
  };
}
