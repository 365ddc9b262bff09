/** One way to do the work, measured in rounds. Each round is a new set of jobs. */
export interface Contestant {
  readonly name: string;
  /** Jobs in hand at once, where it is fastest. */
  readonly concurrency: number;
  /** Accepts `size` jobs. */
  fill(size: number): Promise<void>;
  /** Runs what was accepted; resolves when the last is done. */
  drain(size: number): Promise<void>;
  /** Throws unless everything that a round promised is there; clears it away. */
  settle(size: number): Promise<void>;
}

/** Medians of what a contestant reached, in jobs per second, and its processor time per drained job. */
export interface Reached {
  readonly name: string;
  readonly concurrency: number;
  readonly accepted: number;
  readonly drained: number;
  readonly cpuMicroseconds: number;
}

/** Lets all run in turn, round by round, so that a slow moment of the machine meets all of them. */
export async function contest(
  contestants: readonly Contestant[],
  { size, rounds }: { size: number; rounds: number },
): Promise<Map<string, Reached>> {
  const rates = contestants.map(({ name, concurrency }) => ({
    name,
    concurrency,
    fills: [] as number[],
    drains: [] as number[],
    cpu: [] as number[],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const fillMs = await time(() => contestant.fill(size));
      const cpuBefore = process.cpuUsage();
      const drainMs = await time(() => contestant.drain(size));
      const { user, system } = process.cpuUsage(cpuBefore);
      await contestant.settle(size);
      if (round === 0) continue; // the first round only warms up
      rates[i]!.fills.push((size / fillMs) * 1000);
      rates[i]!.drains.push((size / drainMs) * 1000);
      rates[i]!.cpu.push((user + system) / size);
    }
  }
  return new Map(
    rates.map(({ name, concurrency, fills, drains, cpu }) => [
      name,
      {
        name,
        concurrency,
        accepted: median(fills),
        drained: median(drains),
        cpuMicroseconds: median(cpu),
      },
    ]),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
