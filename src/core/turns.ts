/** The runs of one key that wait at a gate, in the order in which they are to go. */
export interface Lane {
  readonly key: string;
  /** The first of its runs; all of them when `isWhole`. */
  readonly heads: readonly string[];
  readonly isWhole: boolean;
  /** How many the limits of the key let go now; infinite where it has none. */
  readonly room: number;
}

/** A run that may go, and the key whose turn it was. */
export interface Turn {
  readonly key: string;
  readonly run: string;
}

/**
 * Who may go, in order: the keys take turns, one run each, in the order of `lanes`, until `room` is used up or
 * every lane has given what it has and may.
 */
export function takeTurns(lanes: readonly Lane[], room: number): Turn[] {
  const turns: Turn[] = [];
  for (let round = 0; turns.length < room; round++) {
    const standing = lanes.filter(({ heads, room: own }) => round < Math.min(heads.length, own));
    if (standing.length === 0) break;
    for (const { key, heads } of standing.slice(0, room - turns.length))
      turns.push({ key, run: heads[round]! });
  }
  return turns;
}

/** What holds for a job as its gate's row says it; null is no limit. */
export interface GateLimits {
  readonly total: number | null;
  readonly perKey: number | null;
  readonly rateMax: number | null;
  readonly ratePerKey: boolean;
}

/** How much of the limits is used; `started` counts the starts of the rate's window. */
export interface Use {
  readonly released: number;
  readonly started: number;
}

/** How many runs of the job may be released now, none of them beyond `window`. */
export function roomOfJob(
  { total, rateMax, ratePerKey }: GateLimits,
  use: Use,
  window: number,
): number {
  const byRate = rateMax === null || ratePerKey ? Infinity : rateMax - use.started;
  return Math.max(0, Math.min((total ?? Infinity) - use.released, window - use.released, byRate));
}

/** How many runs of one key may be released now. */
export function roomOfKey({ perKey, rateMax, ratePerKey }: GateLimits, use: Use): number {
  const byRate = rateMax === null || !ratePerKey ? Infinity : rateMax - use.started;
  return Math.max(0, Math.min((perKey ?? Infinity) - use.released, byRate));
}

/**
 * How many runs are released ahead of the workers, where limits allow it: enough that no worker waits for a
 * release, and few enough that a key which comes now soon has its turn.
 */
export function windowOf(capacity: number): number {
  return Math.max(leastWindow, 2 * capacity);
}

const leastWindow = 20;
