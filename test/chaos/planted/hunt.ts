import { join } from 'node:path';
import { startProcess } from '../../support/process.ts';
import { atMost, type Goal, type ReportRow } from '../../support/report.ts';
import { type Invariant, invariants } from '../checks/violation.ts';
import { nameGoal } from '../tables.ts';
import { type Bug, bugs } from './bugs.ts';
import { plant } from './copy.ts';

/** Whether the checker saw a bug that was planted. */
export interface Hunted {
  readonly bug: Bug;
  /** Of those that the bug may give itself away by. */
  readonly caughtBy: readonly Invariant[];
  readonly seconds: number;
}

/** The bugs whose names begin so; all with an empty name. */
export function findBugs(name: string): readonly Bug[] {
  return bugs.filter((bug) => bug.name.startsWith(name));
}

/** Seeds that are tried before a bug counts as missed: most need a moment to be met. */
const tries = 3;

/** Runs the suite in a copy of the product that has the bug, with the faults that bring it to light. */
export async function hunt(bug: Bug, seed: number): Promise<Hunted> {
  await using copy = await plant(bug);
  const began = performance.now();
  let caughtBy: readonly Invariant[] = [];
  for (let i = 0; i < tries && caughtBy.length === 0; i++) {
    const violated = await playCopy(copy.path, bug, seed + i);
    caughtBy = bug.caughtBy.filter((invariant) => violated.includes(invariant));
  }
  return { bug, caughtBy, seconds: (performance.now() - began) / 1000 };
}

export function describeHunted({ bug, caughtBy, seconds }: Hunted): ReportRow {
  return {
    bug: bug.name,
    footprint: bug.footprint,
    promise: bug.promise,
    'caught by': caughtBy.length > 0 ? caughtBy.join(', ') : 'nobody',
    seconds: seconds.toFixed(0),
  };
}

export function judgeHunted(hunted: readonly Hunted[]): Goal[] {
  const missed = hunted.filter(({ caughtBy }) => caughtBy.length === 0);
  return [atMost('planted bugs that the checker missed', missed.length, 0)];
}

/** The invariants that were violated there. */
async function playCopy(folder: string, bug: Bug, seed: number): Promise<Invariant[]> {
  const options = ['--quick', '--json', '--footprint', bug.footprint, '--seed', String(seed)];
  await using suite = startProcess(
    join(folder, 'test/chaos/main.ts'),
    [
      ...options,
      '--faults',
      bug.faults.join(','),
      ...(bug.jobs ? ['--jobs', bug.jobs.join(',')] : []),
    ],
    { cwd: folder },
  );
  await suite.ended();
  const last = suite.lines.at(-1) ?? '';
  if (!last.startsWith('{'))
    throw new Error(`the suite with ${bug.name} in it broke:\n${suite.errors}`);
  const { goals } = JSON.parse(last) as { goals: Goal[] };
  const unmet = new Set(goals.filter(({ met }) => !met).map(({ name }) => name));
  return (Object.keys(invariants) as Invariant[]).filter((one) => unmet.has(nameGoal(one)));
}
