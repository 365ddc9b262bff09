import type { Random } from '../../../examples/generator/random.ts';
import type { Fleet } from '../fleet.ts';
import type { ChaosFootprint, ChaosPlace } from '../place.ts';
import type { Role } from '../role.ts';

/** Something that goes wrong, as plain data with how it is brought about. */
export interface FaultKind {
  /** In words; `--faults` takes it. */
  readonly name: string;
  /** Faults of one lane come one after the other; those of two lanes meet. */
  readonly lane: 'processes' | 'servers';
  /** What is struck: the processes of a kind, or a server of all. */
  readonly on: Exclude<Role, 'all'> | 'server';
  readonly footprints: readonly ChaosFootprint[];
  /** The shortest and the longest that it lasts, in milliseconds; `detectionMs` is the silence of a dead worker. */
  lastsMs(detectionMs: number): readonly [number, number];
  /** Brings it about, and mends it. Answers when it happened, in epoch milliseconds, where that was not at once. */
  strike(site: Site, fault: Fault): Promise<number | void>;
}

/** A fault as it is planned. */
export interface Fault {
  readonly kind: FaultKind;
  /** Which of the processes that it may strike, from 0. */
  readonly nth: number;
  /** Since a process began a run that takes a while. */
  readonly afterMs: number;
  readonly lastsMs: number;
  /** 0 … 1: whatever else there is to choose. */
  readonly choice: number;
}

/** Where it happens. */
export interface Site {
  readonly place: ChaosPlace;
  readonly fleet: Fleet;
  /** The process that is struck; for a server any worker's. */
  readonly slot: number;
}

/** A fault as it happened. */
export interface Struck {
  readonly kind: string;
  readonly on: FaultKind['on'];
  /** The id of the worker that was struck; empty when it was something else. */
  readonly worker: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly until: number;
}

const everywhere: readonly ChaosFootprint[] = ['embedded', 'postgres', 'cluster'];
const withServer: readonly ChaosFootprint[] = ['postgres', 'cluster'];

/** The footprints in which a kind can happen, by what it needs. */
export const footprintsWith = {
  anything: everywhere,
  postgres: withServer,
  redis: ['cluster'] as readonly ChaosFootprint[],
};

/** Draws a fault of `kind`. */
export function drawFault(random: Random, kind: FaultKind, detectionMs: number): Fault {
  const [from, to] = kind.lastsMs(detectionMs);
  return {
    kind,
    nth: random.between(0, 99),
    afterMs: random.between(0, 300),
    lastsMs: random.between(Math.round(from), Math.round(to)),
    choice: random.next(),
  };
}
