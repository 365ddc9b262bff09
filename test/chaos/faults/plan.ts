import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../examples/generator/random.ts';
import type { ChaosFootprint } from '../place.ts';
import { drawFault, type Fault, type FaultKind, type Site, type Struck } from './fault.ts';
import { networkFaults } from './network.ts';
import { postgresFaults } from './postgres.ts';
import { processFaults } from './processes.ts';
import { redisFaults } from './redis.ts';

/** Everything that can go wrong. */
export const faultKinds: readonly FaultKind[] = [
  ...processFaults,
  ...postgresFaults,
  ...redisFaults,
  ...networkFaults,
];

/** The kinds that there are on a footprint. */
export function kindsOn(footprint: ChaosFootprint): readonly FaultKind[] {
  return faultKinds.filter(({ footprints }) => footprints.includes(footprint));
}

/** `count` faults, each of `kinds` once if there is room, and then of the `frequent` ones, in an order by chance. */
export function planFaults(
  random: Random,
  {
    kinds,
    frequent,
    count,
    detectionMs,
  }: {
    readonly kinds: readonly FaultKind[];
    readonly frequent: readonly FaultKind[];
    readonly count: number;
    readonly detectionMs: number;
  },
): Fault[] {
  const drawn = Array.from({ length: count }, (_, i) => kinds[i] ?? random.pick(frequent));
  return shuffle(random, drawn).map((kind) => drawFault(random, kind, detectionMs));
}

/** Strikes as planned, each lane one fault after the other. */
export async function strikeAll(
  site: Omit<Site, 'slot'>,
  faults: readonly Fault[],
): Promise<Struck[]> {
  const lanes = Map.groupBy(faults, ({ kind }) => kind.lane);
  const struck = await Promise.all([...lanes.values()].map((lane) => strikeLane(site, lane)));
  return struck.flat().sort((one, other) => one.at - other.at);
}

/** Where nothing is busy for so long it is struck all the same. */
const busyMs = 15_000;

async function strikeLane(
  { place, fleet }: Omit<Site, 'slot'>,
  faults: readonly Fault[],
): Promise<Struck[]> {
  const struck: Struck[] = [];
  for (const fault of faults) {
    const { name, on } = fault.kind;
    const slots = fleet.slotsOf(on === 'server' ? 'worker' : on);
    const slot = slots[fault.nth % slots.length]!;
    await fleet.busy(on === 'worker' ? [slot] : fleet.slotsOf('worker'), busyMs);
    await sleep(fault.afterMs);
    const about = { kind: name, on, worker: on === 'worker' ? fleet.workerOf(slot) : '' };
    const began = Date.now();
    const at = (await fault.kind.strike({ place, fleet, slot }, fault)) ?? began;
    struck.push({ ...about, at, until: Date.now() });
  }
  return struck;
}

function shuffle<Item>(random: Random, list: readonly Item[]): Item[] {
  return list
    .map((item) => ({ item, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
