import type { Goal } from '../support/report.ts';

/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly value: number | string;
  readonly note?: string;
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
