import { Failure } from '../core/errors.ts';

/** Lets work through until it is closed, and knows when the last of it has ended. */
export interface Gate {
  /** Runs `work`; throws `database.closed` once the gate was closed. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses new work, waits for what runs, then runs `last`; a second call waits for the first. */
  close(last: () => Promise<void>): Promise<void>;
}

export function openGate(): Gate {
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  return {
    async pass(work) {
      if (closing) throw new Failure('database.closed', {});
      const done = work();
      running.add(done);
      try {
        return await done;
      } finally {
        running.delete(done);
      }
    },
    close(last) {
      closing ??= Promise.allSettled(running).then(last);
      return closing;
    },
  };
}
