import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose doing a line of the log is: of a request, and of who made it. */
export interface LogIds {
  readonly request?: string;
  /** Set once it is known. */
  actor?: string;
  /** Set where there are traces. */
  trace?: string;
}

/** What every line says that is written on the way of a request, wherever it is written. */
export interface LogScope {
  /** Runs `work`, and whatever follows from it, with these ids on each line. */
  within<T>(ids: LogIds, work: () => T): T;
  /** Those of the work under way; none outside of any. */
  ids(): LogIds;
}

export function openLogScope(): LogScope {
  const storage = new AsyncLocalStorage<LogIds>();
  return {
    within: (ids, work) => storage.run(ids, work),
    ids: () => storage.getStore() ?? {},
  };
}
