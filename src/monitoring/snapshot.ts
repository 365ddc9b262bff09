import { setTimeout as sleep } from 'node:timers/promises';

/** Something that was asked, when, and how long the answer took. */
export interface Taken<Value> {
  readonly value: Value;
  readonly ageMs: number;
  readonly tookMs: number;
}

export interface SnapshotOptions<Value> {
  take(): Promise<Value>;
  /** How long an answer is good. */
  readonly freshMs: number;
  /** How long one waits for an answer; it goes on without, and whoever comes next finds it. */
  readonly patienceMs: number;
  onError(error: unknown): void;
}

/** An answer that took long is kept for so many times as long: asking costs a twentieth of somebody at the most. */
const restFactor = 20;

/** An answer that could not be renewed for so long is none any more. */
const staleMs = 60_000;

/**
 * Asks at most once at a time, and not again while the answer is fresh: however many scrape, and however slow it
 * is, nobody waits longer than the patience. Undefined when there is no answer; a failure forgets the last one, and rests as
 * long as an answer that took as much time.
 */
export function openSnapshot<Value>(options: SnapshotOptions<Value>) {
  let last: { value: Value; at: number; tookMs: number } | undefined;
  let taking: Promise<void> | undefined;
  let dueAt = 0;
  const restMs = (tookMs: number) => Math.max(options.freshMs, restFactor * tookMs);

  async function take(): Promise<void> {
    const began = performance.now();
    try {
      const value = await options.take();
      const at = performance.now();
      last = { value, at, tookMs: at - began };
    } catch (error) {
      last = undefined;
      options.onError(error);
    } finally {
      const now = performance.now();
      dueAt = now + restMs(now - began);
      taking = undefined;
    }
  }

  return async (): Promise<Taken<Value> | undefined> => {
    if (performance.now() >= dueAt) {
      taking ??= take();
      await Promise.race([taking, sleep(options.patienceMs, undefined, { ref: false })]);
    }
    if (!last) return undefined;
    const ageMs = performance.now() - last.at;
    return ageMs > Math.max(staleMs, restMs(last.tookMs) * 2)
      ? undefined
      : { value: last.value, ageMs, tookMs: last.tookMs };
  };
}
