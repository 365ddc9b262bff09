import type { Goal, ReportRow } from '../support/report.ts';
import type { Reached } from './contest.ts';

/** What a part of the bench found. */
export interface PartReport {
  readonly rows: readonly ReportRow[];
  readonly goals: readonly Goal[];
}

export interface PartOptions {
  readonly isQuick: boolean;
  /** How many jobs, runs or rows, instead of the part's own number. */
  readonly size?: number;
}

/** The row of one contestant in the table. */
export function describeReached(
  about: Readonly<Record<string, string | number>>,
  { accepted, drained, cpuMicroseconds }: Reached,
): ReportRow {
  return {
    ...about,
    'accepted/s': Math.round(accepted),
    'drained/s': Math.round(drained),
    'cpu µs/job': Math.round(cpuMicroseconds),
  };
}
