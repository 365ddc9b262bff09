import type { RunNews } from '../core/run-news.ts';
import type { Commit } from '../db/index.ts';

/** What happened to runs in this process. Metrics, traces and the console listen; the runtime knows none of them. */
export type Announcement =
  | RunNews
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
