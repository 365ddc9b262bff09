import type { Sql } from '../core/sql.ts';
import { leaseRequests } from './queries/verification.ts';

/** How many requests of its minute each key has left, over all processes. */
export interface Rates {
  take(key: Limited): Promise<Taken>;
}

export interface Limited {
  readonly id: string;
  /** Requests in a minute. */
  readonly limit: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** What this process knows of a key's minute. */
interface Minute {
  /** Requests leased and not yet made. */
  left: number;
  /** What nobody has leased yet, as the last lease told. */
  readonly rest: number;
  readonly endsAtMs: number;
}

/**
 * Requests are taken out of a key's minute a hundredth at a time, so that the database is asked once for a hundred
 * of them, and not at all for those that are refused. A process that ends, or has no more to do, leaves at most
 * that hundredth unused: with many processes a key may be refused a little early, never late.
 */
export function openRates(sql: Sql): Rates {
  const minutes = new Map<string, Minute>();
  const leases = new Map<string, Promise<void>>();

  async function lease({ id, limit }: Limited): Promise<void> {
    const block = Math.max(1, Math.floor(limit / 100));
    const { used, endsInMs } = await leaseRequests(sql, id, block);
    const before = used - block;
    if (minutes.size >= mostMinutes) minutes.clear();
    minutes.set(id, {
      left: Math.max(0, Math.min(block, limit - before)),
      rest: Math.max(0, limit - used),
      endsAtMs: performance.now() + endsInMs,
    });
  }

  function leaseTogether(key: Limited): Promise<void> {
    const pending = leases.get(key.id) ?? lease(key).finally(() => void leases.delete(key.id));
    leases.set(key.id, pending);
    return pending;
  }

  return {
    async take(key) {
      for (;;) {
        const minute = minutes.get(key.id);
        const resetMs = minute ? minute.endsAtMs - performance.now() : 0;
        if (minute && resetMs > 0) {
          const isAllowed = minute.left > 0;
          if (isAllowed) minute.left--;
          if (isAllowed || minute.rest === 0)
            return { isAllowed, limit: key.limit, remaining: minute.left + minute.rest, resetMs };
        }
        await leaseTogether(key);
      }
    },
  };
}

const mostMinutes = 10_000;
