import { createRandom } from '../../examples/generator/random.ts';
import { openDatabase } from '../../src/db/index.ts';
import { detectionMs, findViolations } from './checker.ts';
import type { Violation } from './checks/violation.ts';
import type { Evidence } from './evidence.ts';
import type { Fault, FaultKind } from './faults/fault.ts';
import { planFaults, strikeAll } from './faults/plan.ts';
import { type Felt, feel } from './felt.ts';
import { startFleet } from './fleet.ts';
import { readLedger } from './history.ts';
import { readJournals } from './journal.ts';
import type { ChaosFootprint, ChaosPlace } from './place.ts';
import type { Role } from './role.ts';
import type { Size } from './size.ts';

/** What a scenario showed. */
export interface Played {
  readonly footprint: ChaosFootprint;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Runs in the ledger at the end. */
  readonly runs: number;
  readonly evidence: Evidence;
  readonly struck: readonly Felt[];
  readonly violations: readonly Violation[];
  /** What processes said that ended by themselves, or never saw the end of the load. */
  readonly breakdowns: readonly string[];
  /** Standard error of each process, by its journal. */
  readonly errors: ReadonlyMap<string, string>;
  /** From the first process up to the end of the last run. */
  readonly seconds: number;
}

/** Plays one seeded load with its faults on one footprint, and judges what is left. */
export async function playScenario(place: ChaosPlace, seed: number, size: Size): Promise<Played> {
  const { footprint, journals } = place;
  const kinds = size.kindsOn(footprint);
  const count = Math.max(size.faults, kinds.length);
  const plan = planFaults(createRandom(seed), {
    kinds,
    frequent: listFrequent(footprint, kinds),
    count,
    detectionMs,
  });
  const began = performance.now();
  const { struck, breakdowns, errors, span } = await disturb(place, { plan, seed, size });
  const seconds = (performance.now() - began) / 1000;
  const database = await openDatabase(place.database);
  try {
    const evidence = { told: readJournals(journals), span, ...(await readLedger(database)) };
    const violations = findViolations(evidence);
    const played = { footprint, seed, kinds, evidence, violations, breakdowns, errors, seconds };
    return { ...played, runs: evidence.runs.length, struck: feel(struck, evidence) };
  } finally {
    await database.close();
  }
}

/** Where one process is everything, each of its deaths costs the seconds of a start; it dies a few times. */
function listFrequent(
  footprint: ChaosFootprint,
  kinds: readonly FaultKind[],
): readonly FaultKind[] {
  if (footprint !== 'embedded') return kinds;
  const lasting = kinds.filter(({ name }) => !name.includes('killed'));
  return lasting.length > 0 ? [...kinds, ...lasting, ...lasting, ...lasting] : kinds;
}

/** The load and its faults, until all is quiet again; the processes are gone then. */
async function disturb(
  place: ChaosPlace,
  { plan, seed, size }: { plan: readonly Fault[]; seed: number; size: Size },
) {
  const roles: readonly Role[] = place.footprint === 'embedded' ? ['all'] : size.roles;
  const everyMs = paceMs(plan, size.runs);
  await using fleet = await startFleet(place, roles, {
    seed,
    runs: size.runs,
    mix: size.mix,
    everyMs,
    detectionMs,
  });
  const from = Date.now();
  const struck = await strikeAll({ place, fleet }, plan);
  const span = [from, Date.now()] as const;
  await fleet.finish(size.drainMs);
  return { struck, span, breakdowns: [...fleet.breakdowns], errors: fleet.errors };
}

/** About what it takes until a process is busy, or up again. */
const betweenMs = 1200;

/** Spreads the runs over the time that the faults take. */
function paceMs(plan: readonly Fault[], runs: number): number {
  const lanes = [...Map.groupBy(plan, ({ kind }) => kind.lane).values()];
  const lengths = lanes.map((lane) =>
    lane.reduce((sum, { lastsMs }) => sum + lastsMs + betweenMs, 0),
  );
  return Math.max(2, Math.max(0, ...lengths) / runs);
}
