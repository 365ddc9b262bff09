import { join } from 'node:path';
import { startProcess, type TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { readJournals } from './journal.ts';
import type { NodeOptions } from './node.ts';

/** A process of the load, with the id that its worker goes by in the ledger. */
export interface Node {
  readonly worker: string;
  readonly process: TestProcess;
}

/** The processes of a scenario, by slot; each slot has its share of the load, whoever fills it. */
export interface Fleet extends AsyncDisposable {
  readonly nodes: readonly Node[];
  /** Resolves when the process in the slot next begins a run that takes a while, or after `timeoutMs`. */
  busy(slot: number, timeoutMs: number): Promise<void>;
  /** Fills the slot with a new process, which goes on with the slot's share. */
  start(slot: number): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(slot: number): Promise<void>;
  signal(slot: number, signal: NodeJS.Signals): void;
  /**
   * Resolves once every process has enqueued its share and sees nothing unfinished, or after `timeoutMs`, to
   * what those said that did not.
   */
  drained(timeoutMs: number): Promise<string[]>;
}

export type Share = Omit<NodeOptions, 'journal' | 'seed' | 'runs'> & {
  readonly journals: string;
  readonly seed: number;
  /** Runs that each slot enqueues. */
  readonly runs: number;
};

const file = join(import.meta.dirname, 'node.ts');
const upMs = 90_000;

/** Starts `slots` processes and waits until they work. */
export async function startFleet(slots: number, share: Share): Promise<Fleet> {
  const nodes: Node[] = [];
  const started: TestProcess[] = [];

  async function start(slot: number): Promise<void> {
    const { journals, seed, runs, ...rest } = share;
    const own = `slot-${slot}`;
    const accepted = readJournals(journals, own).filter(({ kind }) => kind === 'accepted').length;
    const options: NodeOptions = {
      ...rest,
      journal: join(journals, `${own}-${started.length}`),
      seed: seed + 1000 * slot + started.length,
      runs: Math.max(0, runs - accepted),
    };
    const child = startProcess(file, [JSON.stringify(options)]);
    started.push(child);
    const up = await child.line(/^up /, upMs);
    nodes[slot] = { worker: up.slice(3), process: child };
  }

  const fleet: Fleet = {
    nodes,
    start,
    async busy(slot, timeoutMs) {
      const { lines } = nodes[slot]!.process;
      const count = () => lines.filter((line) => line === 'busy').length;
      const before = count();
      await until(() => count() > before, { timeoutMs, everyMs: 5 }).catch(() => undefined);
    },
    async kill(slot) {
      nodes[slot]!.process.kill('SIGKILL');
      await nodes[slot]!.process.ended();
    },
    signal: (slot, signal) => nodes[slot]!.process.kill(signal),
    async drained(timeoutMs) {
      const lines = nodes.map((node) => node.process.line(/^drained/, timeoutMs));
      const ends = await Promise.allSettled(lines);
      return ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((child) => child[Symbol.asyncDispose]()));
    },
  };
  try {
    await Promise.all(Array.from({ length: slots }, (_, slot) => start(slot)));
    return fleet;
  } catch (error) {
    await fleet[Symbol.asyncDispose]();
    throw error;
  }
}
