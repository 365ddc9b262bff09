import type { WorkerChoice } from './shares/worker.ts';
import type { System } from './system.ts';

/** One kind of process: what it answers over HTTP, and what it does. */
export interface ProcessKind {
  readonly name: 'all' | 'web' | 'worker' | 'control';
  /** The API, health included, on a port in any case; or health alone, and only where PORT is set. */
  readonly answers: 'api' | 'health';
  readonly does: readonly Share[];
}

/** A part of what processes do. Any number of processes may have the same share. */
export interface Share {
  readonly name: 'worker' | 'relay' | 'control';
  /** Begins, to be ended with the system. What it returns throws what is wrong, if anything is. */
  start(system: System): Promise<() => void>;
}

// Each share is imported when it starts: a process does not load what it does not do.

/** Brings to the queue what was accepted without a dispatch. */
const relay: Share = {
  name: 'relay',
  start: async (system) => (await import('./shares/relay.ts')).startRelay(system),
};

/** The control plane: duties and timers, and the schedules that are planted for them. */
const plan: Share = {
  name: 'control',
  start: async (system) => (await import('./shares/control.ts')).startControl(system),
};

/** Runs the jobs of `choice`. */
function work(choice: WorkerChoice): Share {
  return {
    name: 'worker',
    start: async (system) => (await import('./shares/worker.ts')).startWork(system, choice),
  };
}

/** Everything in one process; the only kind where the database is in the process itself. */
export const all: ProcessKind = {
  name: 'all',
  answers: 'api',
  does: [work({}), relay, plan],
};

/** Serves the API and runs no jobs. */
export const web: ProcessKind = { name: 'web', answers: 'api', does: [] };

/** Plans and watches: schedules, duties, and the relay of what was accepted without a dispatch. */
export const control: ProcessKind = { name: 'control', answers: 'health', does: [relay, plan] };

/** Runs jobs: every pool's, or those of `choice`. */
export function worker(choice: WorkerChoice = {}): ProcessKind {
  return { name: 'worker', answers: 'health', does: [work(choice)] };
}
