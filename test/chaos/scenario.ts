import { createRandom } from '../../examples/generator/random.ts';
import { openDatabase } from '../../src/db/index.ts';
import { findViolations, type Violation } from './checker.ts';
import type { Evidence } from './evidence.ts';
import { planFaults, type Struck, strike } from './faults.ts';
import { startFleet } from './fleet.ts';
import { readLedger } from './history.ts';
import { readJournals } from './journal.ts';
import type { ChaosPlace } from './place.ts';

export interface ScenarioOptions {
  readonly place: ChaosPlace;
  readonly seed: number;
  /** Runs in all. */
  readonly runs: number;
  readonly faults: number;
  /** Processes on a footprint that may have more than one. */
  readonly slots: number;
}

/** What a scenario showed. */
export interface Played {
  readonly footprint: ChaosPlace['footprint'];
  readonly seed: number;
  readonly evidence: Evidence;
  readonly struck: readonly Struck[];
  readonly violations: readonly Violation[];
  /** What processes said that ended by themselves, or never saw the end of the load. */
  readonly breakdowns: readonly string[];
}

/** Silence that counts as death, as low as one-second heartbeats allow. */
export const detectionMs = 3000;

/** After the last fault; what has not ended by then is judged as lost. */
const drainMs = 120_000;

/** Plays one seeded load with its faults on one footprint, and judges what is left. */
export async function playScenario({
  place,
  seed,
  runs,
  faults,
  ...options
}: ScenarioOptions): Promise<Played> {
  const { footprint, database, redisUrl, journals } = place;
  const slots = footprint === 'embedded' ? 1 : options.slots;
  const share = { database, ...(redisUrl && { redisUrl }), journals, detectionMs };
  const plan = planFaults(createRandom(seed), { count: faults, slots, detectionMs });
  const { struck, breakdowns } = await (async () => {
    await using fleet = await startFleet(slots, {
      ...share,
      seed,
      runs: Math.ceil(runs / slots),
      everyMs: paceMs(plan, Math.ceil(runs / slots)),
    });
    const struck = await strike(fleet, plan);
    return { struck, breakdowns: await fleet.drained(drainMs) };
  })();
  const ledger = await openDatabase(database);
  try {
    const evidence = { told: readJournals(journals), ...(await readLedger(ledger)) };
    const violations = findViolations(evidence);
    return { footprint, seed, evidence, struck, violations, breakdowns };
  } finally {
    await ledger.close();
  }
}

/** About what it takes until a process is busy, or up again. */
const betweenMs = 1500;

/** Spreads a share over the time that the faults take, so that each of them meets work. */
function paceMs(plan: readonly { lastsMs: number }[], runs: number): number {
  const lastsMs = plan.reduce((sum, { lastsMs }) => sum + lastsMs + betweenMs, 0);
  return Math.max(1, Math.round(lastsMs / runs));
}
