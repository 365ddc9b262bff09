/** Writes down when keys or sessions were used: of each at most once a minute, and of many by one statement. */
export interface LastUse {
  note(id: string): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const onceInMs = 60_000;
const collectMs = 1_000;

export interface LastUseParts {
  write(ids: readonly string[]): Promise<void>;
  onError(error: unknown): void;
}

export function openLastUse({ write, onError }: LastUseParts): LastUse {
  const notedAt = new Map<string, number>();
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function writeWaiting(): Promise<void> {
    timer = undefined;
    const ids = waiting;
    waiting = [];
    if (ids.length > 0) writing = write(ids).catch(onError);
    return writing;
  }

  return {
    note(id) {
      const now = performance.now();
      if (now - (notedAt.get(id) ?? -onceInMs) < onceInMs) return;
      if (notedAt.size >= mostNoted) notedAt.clear();
      notedAt.set(id, now);
      waiting.push(id);
      timer ??= setTimeout(() => void writeWaiting(), collectMs).unref();
    },
    async close() {
      clearTimeout(timer);
      await writeWaiting();
    },
  };
}

const mostNoted = 10_000;
