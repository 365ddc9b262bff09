import type { FaultKind } from './faults/fault.ts';
import { faultKinds } from './faults/plan.ts';
import type { Role } from './role.ts';

/** How large a scenario is. */
export interface Size {
  /** Runs in all, at the least. */
  readonly runs: number;
  /** Faults in all; each kind happens once at the least. */
  readonly faults: number;
  /** The processes where there is a server. */
  readonly roles: readonly Role[];
  /** Those that the footprint does not have are left out. */
  readonly kinds: readonly FaultKind[];
  /** After the last fault; what has not ended by then is judged as lost. */
  readonly drainMs: number;
}

/** All kinds of faults against a whole installation. */
const full: Size = {
  runs: 2100,
  faults: 40,
  roles: ['control', 'control', 'worker', 'worker', 'worker', 'web', 'web'],
  kinds: faultKinds,
  drainMs: 75_000,
};

const quickKinds: readonly string[] = [
  'worker killed',
  'worker frozen beyond detection',
  'web killed at an accept',
  'Postgres killed',
  'Redis flushed',
];

/** The kinds that most could get wrong, in under a minute on three footprints at once. */
const quick: Size = {
  runs: 150,
  faults: 3,
  roles: ['control', 'worker', 'worker', 'web'],
  kinds: faultKinds.filter(({ name }) => quickKinds.includes(name)),
  drainMs: 25_000,
};

/** With `faults` only these kinds happen, each three times. */
export function chooseSize({
  quick: isQuick,
  faults,
}: {
  readonly quick: boolean;
  readonly faults: readonly string[] | undefined;
}): Size {
  const size = isQuick ? quick : full;
  if (!faults) return size;
  const kinds = faultKinds.filter(({ name }) => faults.includes(name));
  return {
    ...size,
    kinds,
    faults: 3 * kinds.length,
    runs: isQuick ? quick.runs : 60 * faults.length,
  };
}
