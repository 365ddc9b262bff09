import type { FaultKind } from './faults/fault.ts';
import { kindsOn } from './faults/plan.ts';
import { type ChaosJobName, chaosMix, type Mix } from './jobs.ts';
import type { ChaosFootprint } from './place.ts';
import type { Role } from './role.ts';

/** How large a scenario is. */
export interface Size {
  /** Runs in all, at the least. */
  readonly runs: number;
  /** Faults in all; each kind happens once at the least. */
  readonly faults: number;
  /** The processes where there is a server. */
  readonly roles: readonly Role[];
  /** The jobs that are enqueued, each with its share. */
  readonly mix: Mix;
  /** What happens there. */
  kindsOn(footprint: ChaosFootprint): readonly FaultKind[];
  /** After the last fault; what has not ended by then is judged as lost. */
  readonly drainMs: number;
}

/** All kinds of faults against a whole installation. */
const full: Size = {
  runs: 2100,
  faults: 32,
  roles: ['control', 'control', 'worker', 'worker', 'worker', 'web', 'web'],
  mix: chaosMix,
  kindsOn,
  // Beside other work the embedded footprint needs minutes for what is left; what is lost stays so.
  drainMs: 600_000,
};

const quickOnServers: readonly string[] = [
  'worker frozen beyond detection',
  'web killed at an accept',
  'Postgres killed',
  'Redis flushed',
];
/** There its one process takes everything down with it, and every start costs seconds. */
const quickEmbedded: readonly string[] = ['web killed at an accept'];

/** The kinds that most could get wrong, in under a minute on three footprints at once. */
const quick: Size = {
  runs: 100,
  faults: 1,
  roles: ['control', 'worker', 'worker', 'web'],
  // Each run of it takes its timeout, and processes that take a second to start.
  mix: { ...chaosMix, stubborn: 0 },
  kindsOn: (footprint) =>
    named(footprint === 'embedded' ? quickEmbedded : quickOnServers, footprint),
  drainMs: 25_000,
};

/** With `faults` only these kinds happen, and with `quick` each three times; with `jobs` only these are enqueued. */
export function chooseSize({
  quick: isQuick,
  faults,
  jobs,
}: {
  readonly quick: boolean;
  readonly faults: readonly string[] | undefined;
  readonly jobs: readonly ChaosJobName[] | undefined;
}): Size {
  const whole = isQuick ? quick : full;
  const size = jobs ? { ...whole, mix: pickJobs(jobs) } : whole;
  if (!faults) return size;
  const chosen = { ...size, kindsOn: (footprint: ChaosFootprint) => named(faults, footprint) };
  return isQuick ? { ...chosen, faults: 3 * faults.length, runs: 150 } : chosen;
}

function pickJobs(jobs: readonly ChaosJobName[]): Mix {
  return Object.fromEntries(jobs.map((job) => [job, chaosMix[job]]));
}

function named(names: readonly string[], footprint: ChaosFootprint): readonly FaultKind[] {
  return kindsOn(footprint).filter(({ name }) => names.includes(name));
}
