import { Failure } from '../core/errors.ts';
import { aboutBytes } from '../core/json-size.ts';
import { formatBytes } from '../core/size.ts';

/** Many small writes, few commits: what arrives while a flush is under way is the next batch. No timer. */
export interface GroupCommit<Item, Answer> {
  /** Resolves once the item's batch is committed; rejects with `ledger.overloaded` when too many wait. */
  add(item: Item): Promise<Answer>;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly bytes: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** One flush, as it is told of: what it wrote, how many rows, and how it went. */
export interface Commit {
  readonly write: string;
  readonly size: number;
  readonly tookMs: number;
  readonly failed: boolean;
}

export type OnCommit = (commit: Commit) => void;

export interface GroupCommitOptions<Item, Answer> {
  /** What is written, for whoever hears of the commits. */
  readonly write?: string;
  readonly onCommit?: OnCommit | undefined;
  /** Commits a batch and answers each item, in order. */
  flush(items: readonly Item[]): Promise<readonly Answer[]>;
  /** Items in one flush at the most. */
  readonly batch?: number;
  /** About so many bytes of JSON in one flush at the most, unless one item alone has more. */
  readonly batchBytes?: number;
  /** Items that may wait at the most. */
  readonly limit?: number;
  /** About so many bytes of JSON may wait. */
  readonly limitBytes?: number;
}

const mebibyte = 1024 ** 2;

export function openGroupCommit<Item, Answer>({
  flush: commit,
  write = '',
  onCommit,
  batch = 1000,
  batchBytes = 16 * mebibyte,
  limit = 50_000,
  limitBytes = 128 * mebibyte,
}: GroupCommitOptions<Item, Answer>): GroupCommit<Item, Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let waitingBytes = 0;
  let flushing: Promise<void> | undefined;
  const flush = onCommit ? measured(commit, { write, onCommit }) : commit;

  async function flushAll(): Promise<void> {
    await Promise.resolve();
    while (waiting.length > 0) {
      const away = await settle(takeBatch(), flush);
      // Each batch would wait for the database by itself, and the last of them for minutes.
      if (away) for (const { reject } of takeAll()) reject(away);
    }
    flushing = undefined;
  }

  function takeBatch(): Waiting<Item, Answer>[] {
    const most = Math.min(waiting.length, batch);
    let count = 0;
    let bytes = 0;
    for (; count < most && (count === 0 || bytes + waiting[count]!.bytes <= batchBytes); count++)
      bytes += waiting[count]!.bytes;
    if (count === waiting.length) return takeAll();
    waitingBytes -= bytes;
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  }

  function takeAll(): Waiting<Item, Answer>[] {
    const taken = waiting;
    waiting = [];
    waitingBytes = 0;
    return taken;
  }

  function refuse(most: string): Promise<never> {
    return Promise.reject(new Failure('ledger.overloaded', { limit: most }));
  }

  return {
    add(item) {
      if (waiting.length >= limit) return refuse(`${limit} writes`);
      if (waitingBytes >= limitBytes) return refuse(`${formatBytes(limitBytes)} of writes`);
      return new Promise((resolve, reject) => {
        const bytes = aboutBytes(item, limitBytes);
        waiting.push({ item, bytes, resolve, reject });
        waitingBytes += bytes;
        flushing ??= flushAll();
      });
    },
    async drained() {
      while (flushing) await flushing;
    },
  };
}

function measured<Item, Answer>(
  flush: GroupCommitOptions<Item, Answer>['flush'],
  { write, onCommit }: { readonly write: string; readonly onCommit: OnCommit },
): GroupCommitOptions<Item, Answer>['flush'] {
  return async (items) => {
    const began = performance.now();
    let failed = true;
    try {
      const answers = await flush(items);
      failed = false;
      return answers;
    } finally {
      onCommit({ write, size: items.length, tookMs: performance.now() - began, failed });
    }
  };
}

/**
 * Answers every item; returns the error that says the database itself is away, if it is. When something about
 * one item spoils the batch, the others are committed one by one.
 */
async function settle<Item, Answer>(
  taken: readonly Waiting<Item, Answer>[],
  flush: GroupCommitOptions<Item, Answer>['flush'],
): Promise<Failure | undefined> {
  try {
    const answers = await flush(taken.map(({ item }) => item));
    taken.forEach(({ resolve }, i) => resolve(answers[i]!));
  } catch (error) {
    if (taken.length === 1 || isAway(error)) {
      for (const { reject } of taken) reject(error);
      return isAway(error) ? error : undefined;
    }
    let away: Failure | undefined;
    for (const one of taken) {
      if (away) one.reject(away);
      else away = await settle([one], flush);
    }
    return away;
  }
  return undefined;
}

/** True when the database itself could not be reached: trying the items one by one would not help. */
function isAway(error: unknown): error is Failure {
  return error instanceof Failure && error.kind === 'unavailable';
}
