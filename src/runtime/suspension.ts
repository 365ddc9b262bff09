import { type Awaited, Suspended } from '../core/endings.ts';

/** Ends an attempt whose handler waits for something that takes no worker: nothing of it is under way any more. */
export interface Suspension {
  /** Counts `work` as under way: the attempt goes on meanwhile. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Called by what is under way once all it does is wait. It never settles, so that no `catch` and no `finally` of
   * the handler runs: the next attempt comes here again, and finds the answer.
   */
  park(awaited: Awaited): Promise<never>;
  /** What `work` answers; rejects with `Suspended` when something is parked and nothing is under way. */
  unlessSuspended<T>(work: Promise<T>): Promise<T>;
}

export function openSuspension(): Suspension {
  const parked: Awaited[] = [];
  let underWay = 0;
  let end: (suspended: Suspended) => void = () => {};

  /** Later than everything that the handler does at once with what it has just got. */
  function look(): void {
    if (parked.length === 0 || underWay > 0) return;
    setImmediate(() => {
      if (underWay === 0) end(new Suspended(parked));
    });
  }

  return {
    async during(work) {
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
        look();
      }
    },
    park(awaited) {
      parked.push(awaited);
      underWay--;
      look();
      return new Promise<never>(() => {});
    },
    unlessSuspended(work) {
      return new Promise((resolve, reject) => {
        end = reject;
        Promise.resolve(work).then(resolve, reject);
      });
    },
  };
}
