import { isFinal } from '../../../src/core/run.ts';
import { type Evidence, entriesOf } from '../evidence.ts';
import { keyOf, limitsOf } from '../jobs.ts';
import { type Violation, violation } from './violation.ts';

/** A run holds a slot from when its gate let it go until it has ended, or waits at the gate again. */
export function checkLimited({ entries, runs }: Evidence): Violation[] {
  const ofRun = new Map(runs.map((run) => [run.id, run]));
  const holders = new Map<string, Set<string>>();
  return entriesOf(entries, 'move').flatMap(({ run, from, to }) => {
    const { job, mark } = ofRun.get(run) ?? {};
    const limits = limitsOf[job ?? ''];
    if (!limits) return [];
    const slots = [
      { of: job!, most: limits.total },
      { of: `${job} of ${keyOf(mark ?? '0')}`, most: limits.perKey },
    ];
    return slots.flatMap(({ of, most = Infinity }) => {
      const held = holders.get(of) ?? new Set();
      holders.set(of, held);
      if (isFinal(to) || to === 'blocked') held.delete(run);
      if (from !== 'blocked' || to !== 'queued') return [];
      held.add(run);
      if (held.size <= most) return [];
      return [
        violation('limited', run, `went as number ${held.size} of ${of}, of ${most} at most`),
      ];
    });
  });
}
