import type { Outcome } from '../core/outcome.ts';
import type { Commit } from '../ledger/index.ts';

/** What happened to runs in this process. Metrics, traces and the console listen; the runtime knows none of them. */
export type Announcement =
  | {
      readonly kind: 'begun';
      readonly run: string;
      readonly job: string;
      readonly attempt: number;
      /** Milliseconds that it could have begun already; null where it was taken over. */
      readonly waitedMs: number | null;
    }
  | {
      readonly kind: 'ended';
      readonly run: string;
      readonly job: string;
      readonly attempt: number;
      readonly tookMs: number;
      /** `fenced`: the outcome was refused, because another attempt or a cancel came first. */
      readonly outcome: Outcome | { readonly state: 'fenced' };
    }
  /** A step's result is kept. */
  | {
      readonly kind: 'stepped';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
      readonly tookMs: number;
    }
  /** The ledger committed a batch of writes, or failed to. */
  | ({ readonly kind: 'committed' } & Commit);

export interface Announcements {
  announce(announcement: Announcement): void;
  /** Calls `listener` for each announcement until the returned function is called. */
  subscribe(listener: (announcement: Announcement) => void): () => void;
}

export function openAnnouncements(): Announcements {
  const listeners = new Set<(announcement: Announcement) => void>();
  return {
    announce(announcement) {
      for (const listener of listeners) listener(announcement);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
