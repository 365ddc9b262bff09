import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../examples/generator/random.ts';
import type { Fleet } from './fleet.ts';

/** What is done to a process, in words. */
export const faultKinds = ['killed', 'frozen shortly', 'frozen beyond detection'] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fault as it is planned. */
export interface Fault {
  readonly kind: FaultKind;
  /** Which of the processes, from 0. */
  readonly slot: number;
  /** Since the process began a run that takes a while. */
  readonly afterMs: number;
  /** How long it stays frozen, or dead. */
  readonly lastsMs: number;
}

/** A fault as it happened to the worker of a process. */
export interface Struck {
  readonly kind: FaultKind;
  readonly worker: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Every kind at least once where `count` allows, then by chance. */
export function planFaults(
  random: Random,
  { count, slots, detectionMs }: { count: number; slots: number; detectionMs: number },
): Fault[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = faultKinds[i] ?? random.pick(faultKinds);
    const lastsMs = {
      killed: random.between(0, 400),
      'frozen shortly': random.between(100, detectionMs / 3),
      'frozen beyond detection': detectionMs + random.between(500, 2500),
    };
    return {
      kind,
      slot: random.between(0, slots - 1),
      afterMs: random.between(0, 400),
      lastsMs: lastsMs[kind],
    };
  });
}

/** A process that finds nothing to do is struck all the same. */
const busyMs = 5000;

/** Strikes as planned, one fault after the other. */
export async function strike(fleet: Fleet, faults: readonly Fault[]): Promise<Struck[]> {
  const struck: Struck[] = [];
  for (const { kind, slot, afterMs, lastsMs } of faults) {
    await fleet.busy(slot, busyMs);
    await sleep(afterMs);
    const { worker } = fleet.nodes[slot]!;
    struck.push({ kind, worker, at: Date.now() });
    if (kind === 'killed') {
      await fleet.kill(slot);
      await sleep(lastsMs);
      await fleet.start(slot);
    } else {
      fleet.signal(slot, 'SIGSTOP');
      await sleep(lastsMs);
      fleet.signal(slot, 'SIGCONT');
    }
  }
  return struck;
}
