/** How long something rests that has waited for a while already, in milliseconds. */
export interface Rest {
  /** Which part of the time that it has waited. */
  readonly part: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * Milliseconds until it is worth looking again at what has waited for `waitedMs`: a part of that time, so
 * that what is over soon is seen soon, and what takes long is hardly looked at. Nothing has to be counted.
 */
export function restMs(waitedMs: number, { part, leastMs, mostMs }: Rest): number {
  return Math.round(Math.min(mostMs, Math.max(leastMs, waitedMs * part)));
}
