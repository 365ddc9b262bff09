import type { Evidence } from '../evidence.ts';

/** What must hold whatever happens to processes, servers and networks, each with its sentence. */
export const invariants = {
  kept: 'nothing that was accepted is lost',
  'accepted once': 'an offer makes one run at the most, and a refused offer says why',
  ended: 'every run comes to an end',
  'one end': 'a run ends once, by legal moves only, until somebody retries it',
  'right end': 'a run ends as its job says',
  'told truly': 'what a process was told is what was committed',
  fenced: 'an attempt that lost its run writes nothing',
  alive: 'only a worker that was silent for the whole detection loses its runs',
  remembered: 'a recorded step never runs again',
  together: 'a transaction and its step are recorded both or neither',
  'not early': 'no attempt begins before its time',
  'not late': 'a run that expires begins in its time or never, and nothing else expires',
  unique:
    'of the runs with one unique key only one is unfinished, and whoever is told of it has that key',
  'all or nothing': 'a run that joins a transaction is there exactly when that committed',
  paused: 'nothing of a paused job begins',
  limited: 'no more runs are under way than the limits of their job let go',
  gone: 'an isolated attempt that is over leaves no process at work',
  bounded: 'a run fails no more often than its retry policy allows',
  alone: 'a bundle is no unit of failure: a run of it that lost its worker goes again alone',
  children: 'a run goes on when its children have ended, and has each of them once',
  fired:
    'a schedule goes on firing, and every moment is one firing, with its one run where it fired',
  overlap: 'a schedule that must not overlap has one run at a time',
} as const;

export type Invariant = keyof typeof invariants;

export interface Violation {
  readonly invariant: Invariant;
  readonly run: string;
  readonly says: string;
}

/** Judges a history from one side; takes time in proportion to it. */
export type Check = (evidence: Evidence) => Violation[];

/** `says` goes on after the run's id. */
export function violation(invariant: Invariant, run: string, says: string): Violation {
  return { invariant, run, says: `run ${run} ${says}` };
}
