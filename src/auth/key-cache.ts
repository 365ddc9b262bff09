import type { Database } from '../db/index.ts';
import { type KeyRecord, selectRecord } from './queries/verification.ts';

/** Keys as the database has them, remembered for a while, and no longer than until they change. */
export interface KeyCache {
  /** The key of this prefix; asked for together, it is looked up once. */
  find(prefix: string): Promise<Remembered | undefined>;
  /** The key as it was found last, also when it has to be looked up again. */
  recall(prefix: string): Remembered | undefined;
  close(): Promise<void>;
}

export interface Remembered {
  readonly record: KeyRecord;
  /** By `performance.now()`; undefined: it does not expire. */
  readonly expiresAtMs: number | undefined;
}

interface Entry extends Remembered {
  readonly staleAtMs: number;
}

const mostEntries = 10_000;

/** Listens for changes from the first key on that anybody presents. */
export function openKeyCache(database: Database, rememberMs: number): KeyCache {
  const entries = new Map<string, Entry>();
  const lookups = new Map<string, Promise<Entry | undefined>>();
  let listening: Promise<() => Promise<void>> | undefined;

  function forget(prefix: string): void {
    entries.delete(prefix);
    lookups.delete(prefix);
  }

  function listen(): Promise<() => Promise<void>> {
    listening ??= database.listen('nightshift_key', forget).catch((error: unknown) => {
      listening = undefined;
      throw error;
    });
    return listening;
  }

  /** A key that changes while it is looked up is not remembered: the answer may be from before. */
  async function lookUp(prefix: string): Promise<Entry | undefined> {
    await listen();
    const record = await selectRecord(database, prefix);
    return record && toEntry(record, rememberMs);
  }

  function find(prefix: string): Promise<Entry | undefined> {
    const known = lookups.get(prefix);
    if (known) return known;
    const lookup = lookUp(prefix);
    lookups.set(prefix, lookup);
    const isCurrent = () => lookups.get(prefix) === lookup;
    return lookup
      .then((entry) => {
        if (entry && isCurrent()) {
          if (entries.size >= mostEntries) entries.clear();
          entries.set(prefix, entry);
        }
        return entry;
      })
      .finally(() => void (isCurrent() && lookups.delete(prefix)));
  }

  return {
    async find(prefix) {
      const entry = entries.get(prefix);
      return entry && entry.staleAtMs > performance.now() ? entry : find(prefix);
    },
    recall: (prefix) => entries.get(prefix),
    async close() {
      await (await listening?.catch(() => undefined))?.();
    },
  };
}

function toEntry(record: KeyRecord, rememberMs: number): Entry {
  const now = performance.now();
  return {
    record,
    expiresAtMs: record.expiresInMs === null ? undefined : now + record.expiresInMs,
    staleAtMs: now + rememberMs,
  };
}
