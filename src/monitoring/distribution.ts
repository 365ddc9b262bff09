/** Counts of what was observed, by upper bounds: a histogram that costs an addition or two for each value. */
export interface Distribution {
  readonly bounds: readonly number[];
  /** One count for each bound, and one for what is above them all; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
  observe(value: number): void;
}

/** From what a claim takes to what a night takes, in seconds. */
export const secondsBounds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
];

/** Of one commit, in seconds. */
export const commitBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Rows in one commit, up to the most that one may have. */
export const sizeBounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

export function openDistribution(bounds: readonly number[]): Distribution {
  const counts = [...bounds, 0].fill(0);
  let sum = 0;
  return {
    bounds,
    counts,
    get sum() {
      return sum;
    },
    observe(value) {
      let at = 0;
      while (at < bounds.length && value > bounds[at]!) at++;
      counts[at]!++;
      sum += value;
    },
  };
}
