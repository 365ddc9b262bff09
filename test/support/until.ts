import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `condition` returns something truthy, and returns it; throws after `timeoutMs` (10 s).
 * An error that the condition throws is thrown at once.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20 } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
    await sleep(everyMs);
  }
}
