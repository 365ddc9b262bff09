import type { Commit } from '../db/index.ts';
import { commitBounds, type Distribution, openDistribution, sizeBounds } from './distribution.ts';
import type { Readings, Sample } from './exposition.ts';

interface Tally {
  readonly size: Distribution;
  readonly duration: Distribution;
  failures: number;
}

/** Measures group commits, by what they write. */
export function openCommitTally() {
  const tallies = new Map<string, Tally>();

  function findTally(write: string): Tally {
    const known = tallies.get(write);
    if (known) return known;
    const size = openDistribution(sizeBounds);
    const tally = { size, duration: openDistribution(commitBounds), failures: 0 };
    tallies.set(write, tally);
    return tally;
  }

  function hear({ write, size, tookMs, failed }: Commit): void {
    const tally = findTally(write);
    if (failed) tally.failures++;
    tally.size.observe(size);
    tally.duration.observe(tookMs / 1000);
  }

  const each = (read: (tally: Tally) => Sample['value']) => () =>
    [...tallies].map(([write, tally]) => ({ labels: { write }, value: read(tally) }));
  const readings: Readings = {
    nightshift_group_commit_size: each(({ size }) => size),
    nightshift_group_commit_duration_seconds: each(({ duration }) => duration),
    nightshift_group_commit_failures_total: each(({ failures }) => failures),
  };
  return { hear, readings };
}
