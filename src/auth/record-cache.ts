import type { Database } from '../db/index.ts';

/** Rows as the database has them, remembered for a while, and no longer than until they change. */
export interface RecordCache<Row> {
  /** The row of this name; asked for together, it is looked up once. */
  find(name: string): Promise<Remembered<Row> | undefined>;
  /** The row as it was found last, also when it has to be looked up again. */
  recall(name: string): Remembered<Row> | undefined;
  close(): Promise<void>;
}

export interface Remembered<Row> {
  readonly record: Row;
  /** By `performance.now()`; undefined: it does not expire. */
  readonly expiresAtMs: number | undefined;
}

export interface RecordCacheParts<Row> {
  readonly database: Database;
  /** Where it is told, by name, that a row has changed. */
  readonly channel: string;
  readonly rememberMs: number;
  select(name: string): Promise<Row | undefined>;
}

interface Expiring {
  /** By Postgres's clock; null: never. */
  readonly expiresInMs: number | null;
}

interface Entry<Row> extends Remembered<Row> {
  readonly staleAtMs: number;
}

const mostEntries = 10_000;

/** Listens for changes from the first row on that anybody asks for. */
export function openRecordCache<Row extends Expiring>({
  database,
  channel,
  rememberMs,
  select,
}: RecordCacheParts<Row>): RecordCache<Row> {
  const entries = new Map<string, Entry<Row>>();
  const lookups = new Map<string, Promise<Entry<Row> | undefined>>();
  let listening: Promise<() => Promise<void>> | undefined;

  function forget(name: string): void {
    entries.delete(name);
    lookups.delete(name);
  }

  function listen(): Promise<() => Promise<void>> {
    listening ??= database.listen(channel, forget).catch((error: unknown) => {
      listening = undefined;
      throw error;
    });
    return listening;
  }

  /** A row that changes while it is looked up is not remembered: the answer may be from before. */
  async function lookUp(name: string): Promise<Entry<Row> | undefined> {
    await listen();
    const record = await select(name);
    return record && toEntry(record, rememberMs);
  }

  function find(name: string): Promise<Entry<Row> | undefined> {
    const known = lookups.get(name);
    if (known) return known;
    const lookup = lookUp(name);
    lookups.set(name, lookup);
    const isCurrent = () => lookups.get(name) === lookup;
    return lookup
      .then((entry) => {
        if (entry && isCurrent()) {
          if (entries.size >= mostEntries) entries.clear();
          entries.set(name, entry);
        }
        return entry;
      })
      .finally(() => void (isCurrent() && lookups.delete(name)));
  }

  return {
    async find(name) {
      const entry = entries.get(name);
      return entry && entry.staleAtMs > performance.now() ? entry : find(name);
    },
    recall: (name) => entries.get(name),
    async close() {
      await (await listening?.catch(() => undefined))?.();
    },
  };
}

function toEntry<Row extends Expiring>(record: Row, rememberMs: number): Entry<Row> {
  const now = performance.now();
  return {
    record,
    expiresAtMs: record.expiresInMs === null ? undefined : now + record.expiresInMs,
    staleAtMs: now + rememberMs,
  };
}
