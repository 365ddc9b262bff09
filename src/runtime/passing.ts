/** What a worker knows of deliveries that only others can begin. */
export interface Passing {
  /** True every other time that it is asked for a delivery: now it is another's turn to see it. */
  isDue(delivery: string): boolean;
}

/**
 * A delivery that rests comes back, as a rule, to the worker that laid it to rest: BullMQ wakes the one that knows when
 * it is due. So a worker whose code is too old first passes it on to those that wait beside it, and lets it rest only
 * when they have not begun it either.
 */
export function openPassing(): Passing {
  const passed = new Set<string>();
  return {
    isDue(delivery) {
      if (passed.delete(delivery)) return false;
      if (passed.size >= mostKept) passed.clear();
      passed.add(delivery);
      return true;
    },
  };
}

/** Those that another began are never asked for again. */
const mostKept = 10_000;
