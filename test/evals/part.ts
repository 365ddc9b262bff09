/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly value: number | string;
  readonly note?: string;
}

/** One figure with what it should be; not measured is `value: null, met: false` and a reason. */
export interface Goal {
  readonly name: string;
  readonly value: number | null;
  readonly goal: string;
  readonly met: boolean;
  readonly reason?: string;
}

export interface PartReport {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

/** Where a part finds its sets, unpacked; undefined for one that is not there. */
export interface PartOptions {
  readonly find: (set: string) => string | undefined;
  readonly findTraining: (set: string) => string | undefined;
  readonly isQuick: boolean;
}

export type Part = (options: PartOptions) => Promise<PartReport>;

/** A goal that is met from `least` on. */
export function atLeast(name: string, value: number, least: number): Goal {
  return { name, value: round(value), goal: `≥ ${least}`, met: value >= least };
}

/** A goal that is met up to `most`. */
export function atMost(name: string, value: number, most: number): Goal {
  return { name, value: round(value), goal: `≤ ${most}`, met: value <= most };
}

/** A goal that was not measured, and why. */
export function notMeasured(name: string, goal: string, reason: string): Goal {
  return { name, value: null, goal, met: false, reason };
}

/** Four digits behind the point are more than any of the figures deserves. */
export function round(value: number): number {
  return Number(value.toFixed(4));
}
