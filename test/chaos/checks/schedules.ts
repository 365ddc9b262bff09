import { isFinal } from '../../../src/core/run.ts';
import { type Evidence, entriesOf, type Firing } from '../evidence.ts';
import { chaosPlan } from '../schedules.ts';
import { type Violation, violation } from './violation.ts';

/** A firing and its run are one transaction, every moment is one firing, and a schedule goes on firing. */
export function checkFired(evidence: Evidence): Violation[] {
  return [...findTorn(evidence), ...findGaps(evidence), ...findSilences(evidence)];
}

function findTorn({ firings, runs }: Evidence): Violation[] {
  const scheduled = runs.filter(({ schedule }) => schedule !== null);
  const scheduleOf = new Map(scheduled.map(({ id, schedule }) => [id, schedule]));
  const firingsOf = Map.groupBy(firings, ({ run }) => run);
  const without = firings.flatMap(({ run, schedule, state }) => {
    if (
      (run === null) === (state !== 'fired') &&
      (run === null || scheduleOf.get(run) === schedule)
    )
      return [];
    return [violation('fired', String(run), `of a firing of ${schedule} is not in the ledger`)];
  });
  const unfired = scheduled
    .filter(({ id }) => firingsOf.get(id)?.length !== 1)
    .map(({ id, schedule }) =>
      violation('fired', id, `of ${schedule} has ${firingsOf.get(id)?.length ?? 0} firings`),
    );
  return [...without, ...unfired];
}

/** Whatever became of them, the moments follow one another as the rules say, each once. */
function findGaps({ firings }: Evidence): Violation[] {
  return Object.entries(chaosPlan).flatMap(([name, { periodMs }]) => {
    const dues = duesOf(firings, name);
    const wrong = dues.filter((due, i) => i > 0 && due - dues[i - 1]! !== periodMs);
    return wrong.map((due) =>
      violation(
        'fired',
        `of ${name}`,
        `for ${new Date(due).toISOString()} does not follow the one before by ${periodMs} ms`,
      ),
    );
  });
}

function duesOf(firings: readonly Firing[], schedule: string): number[] {
  return firings
    .filter((firing) => firing.schedule === schedule)
    .map(({ due }) => due)
    .sort((a, b) => a - b);
}

function findSilences({ firings, span: [from, to] }: Evidence): Violation[] {
  return Object.entries(chaosPlan).flatMap(([name, { rules }]) => {
    if (rules.overlap !== undefined) return [];
    const times = firings.flatMap(({ schedule, firedAt }) =>
      schedule === name && firedAt !== null ? [firedAt] : [],
    );
    const gaps = [...times, to].map((time, i) => time - (times[i - 1] ?? from));
    const seconds = Math.max(...gaps) / 1000;
    if (seconds <= longestGapSeconds) return [];
    return [violation('fired', `of ${name}`, `was not made for ${seconds.toFixed(0)} s`)];
  });
}

/** A takeover, a database that is away meanwhile, and the period itself. */
const longestGapSeconds = 30;

/** Where runs of a schedule may not overlap, the next one is accepted when the one before has ended. */
export function checkOverlap({ entries, runs }: Evidence): Violation[] {
  const moves = Map.groupBy(entriesOf(entries, 'move'), ({ run }) => run);
  return Object.entries(chaosPlan).flatMap(([name, { rules }]) => {
    if (rules.overlap === undefined) return [];
    const spans = runs
      .filter(({ schedule }) => schedule === name)
      .map(({ id }) => ({
        id,
        from: moves.get(id)?.[0]?.at ?? 0,
        to: moves.get(id)?.findLast((move) => isFinal(move.to))?.at ?? Infinity,
      }))
      .sort((a, b) => a.from - b.from);
    return spans
      .filter(({ from }, i) => i > 0 && from < spans[i - 1]!.to)
      .map(({ id }) => violation('overlap', id, `of ${name} began beside another one of it`));
  });
}
