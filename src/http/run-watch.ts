import type { Sql } from '../core/sql.ts';
import { lookAtRuns, type RunLook } from '../ledger/index.ts';

/**
 * Looks at the runs that somebody waits for, those that are due in one statement: at each often while something may happen
 * to it, and seldom later.
 */
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
  due: number;
}

const shortestMs = 20;
const longestMs = 500;

/** A database that is away is asked again after `longestMs`; whoever waits hears nothing meanwhile. */
export function openRunWatch(sql: Sql): RunWatch {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let closed = false;

  function plan(): void {
    clearTimeout(timer);
    if (closed || looking || watchers.size === 0) return;
    const next = Math.min(...Array.from(watchers, ({ due }) => due));
    timer = setTimeout(() => void look(), Math.max(0, next - performance.now()));
  }

  async function look(): Promise<void> {
    const asked = listDue(watchers, performance.now());
    if (asked.length === 0) return plan();
    looking = true;
    const found = await lookAtRuns(sql, [...new Set(asked.map(({ id }) => id))]).catch(() => null);
    looking = false;
    const now = performance.now();
    const byId = new Map(found?.map((run) => [run.id, run]));
    for (const watcher of asked) {
      watcher.due = now + (found ? pauseOf(watcher, now) : longestMs);
      if (found && watchers.has(watcher)) watcher.onLook(byId.get(watcher.id.toLowerCase()));
    }
    plan();
  }

  return {
    watch(id, onLook) {
      const now = performance.now();
      const watcher: Watcher = { id, onLook, since: now, due: now + shortestMs };
      watchers.add(watcher);
      plan();
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

/** Those due within a moment come along: a statement for ten costs about what one for one does. */
function listDue(watchers: ReadonlySet<Watcher>, now: number): Watcher[] {
  return [...watchers].filter(({ due }) => due <= now + shortestMs / 2);
}

/** Whoever has just begun to wait often has not long to wait. */
function pauseOf({ since }: Watcher, now: number): number {
  return Math.min(longestMs, Math.max(shortestMs, (now - since) / 4));
}
