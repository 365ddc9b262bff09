import type { Sql } from '../core/sql.ts';
import { lookAtRuns, type RunLook } from '../ledger/index.ts';

/** Looks at all runs that anybody waits for in one statement, often while something may happen and seldom later. */
export interface RunWatch {
  /** Tells `onLook` what every look finds, undefined when the run is gone, until the returned function is called. */
  watch(id: string, onLook: (look: RunLook | undefined) => void): () => void;
  /** How many are told. */
  readonly size: number;
  /** Twice is fine. */
  close(): void;
}

interface Watcher {
  readonly id: string;
  readonly onLook: (look: RunLook | undefined) => void;
  readonly since: number;
}

const shortestMs = 20;
const longestMs = 500;

/** A database that is away is asked again after `longestMs`; whoever waits hears nothing meanwhile. */
export function openRunWatch(sql: Sql): RunWatch {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let closed = false;

  function plan(ms: number): void {
    clearTimeout(timer);
    if (!closed && !looking && watchers.size > 0) timer = setTimeout(() => void look(), ms);
  }

  async function look(): Promise<void> {
    looking = true;
    const asked = [...watchers];
    const found = await lookAtRuns(sql, [...new Set(asked.map(({ id }) => id))]).catch(() => null);
    looking = false;
    if (found) {
      const byId = new Map(found.map((run) => [run.id, run]));
      for (const watcher of asked)
        if (watchers.has(watcher)) watcher.onLook(byId.get(watcher.id.toLowerCase()));
    }
    plan(found ? pauseOf(watchers) : longestMs);
  }

  return {
    watch(id, onLook) {
      const watcher: Watcher = { id, onLook, since: performance.now() };
      watchers.add(watcher);
      plan(shortestMs);
      return () => void watchers.delete(watcher);
    },
    get size() {
      return watchers.size;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      watchers.clear();
    },
  };
}

/** Whoever has just begun to wait often has not long to wait. */
function pauseOf(watchers: ReadonlySet<Watcher>): number {
  const youngest = Math.max(...Array.from(watchers, ({ since }) => since));
  return Math.min(longestMs, Math.max(shortestMs, (performance.now() - youngest) / 4));
}
