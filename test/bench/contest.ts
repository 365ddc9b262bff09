import type { SpawnedContestant } from './spawned.ts';

/** One way to do the work, measured in rounds. Each round is a new set of jobs. */
export interface Contestant extends AsyncDisposable {
  /** Accepts `size` jobs. */
  fill(size: number): Promise<void>;
  /** Runs what was accepted; resolves when the last is done. */
  drain(size: number): Promise<void>;
  /** Throws unless everything that a round promised is there; clears it away. */
  settle(size: number): Promise<void>;
}

export interface Effort {
  readonly size: number;
  readonly rounds: number;
}

/** Medians of what a contestant reached, in jobs per second, and its own processor time per drained job. */
export interface Reached {
  readonly accepted: number;
  readonly drained: number;
  readonly cpuMicroseconds: number;
}

/** Lets all run in turn, round by round, so that a slow moment of the machine meets all of them. */
export async function contest(
  contestants: readonly SpawnedContestant[],
  { size, rounds }: Effort,
): Promise<Reached[]> {
  const samples = contestants.map((): Reached[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const filled = await contestant.fill(size);
      const drained = await contestant.drain(size);
      await contestant.settle(size);
      if (round === 0) continue; // the first round only warms up
      samples[i]!.push({
        accepted: (size / filled.ms) * 1000,
        drained: (size / drained.ms) * 1000,
        cpuMicroseconds: drained.cpuMicroseconds / size,
      });
    }
  }
  return samples.map((rounds) => ({
    accepted: median(rounds.map(({ accepted }) => accepted)),
    drained: median(rounds.map(({ drained }) => drained)),
    cpuMicroseconds: median(rounds.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
