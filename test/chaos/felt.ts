import { type Evidence, entriesOf } from './evidence.ts';
import type { Struck } from './faults/fault.ts';

/** A fault with what it did to the runs. */
export interface Felt extends Struck {
  /** Attempts under way at that moment: those of the worker that was struck, else all. */
  readonly hit: number;
  /** For each run whose worker was struck, but those that let all others go first: seconds until it moved on, by whomever. */
  readonly againSeconds: readonly number[];
  /** The run that took the longest of them. */
  readonly slowestRun: string | undefined;
  /** Until a duty of the control plane ran again. */
  readonly dutySeconds: number | undefined;
}

/** Finds in the history what each fault did. */
export function feel(struck: readonly Struck[], evidence: Evidence): Felt[] {
  const holds = listHolds(evidence);
  const patient = new Set(evidence.runs.filter(({ priority }) => priority > 0).map(({ id }) => id));
  return struck.map((one) => {
    const own = holds.filter(
      ({ worker, from, to }) =>
        from <= one.at && one.at <= to && (one.worker === '' || one.worker === worker),
    );
    const felt = own.filter(({ run }) => !patient.has(run));
    const duty = evidence.pulses.find((at) => at > one.at);
    return {
      ...one,
      hit: own.length,
      againSeconds: felt.flatMap(({ next }) => (next ? [(next - one.at) / 1000] : [])),
      slowestRun: felt.toSorted((a, b) => (b.next ?? 0) - (a.next ?? 0))[0]?.run,
      dutySeconds: duty && (duty - one.at) / 1000,
    };
  });
}

/** A worker's time with a run. */
interface Hold {
  readonly run: string;
  readonly worker: string | null;
  readonly from: number;
  readonly to: number;
  /** When the run next began or ended; undefined when it never did. */
  readonly next: number | undefined;
}

function listHolds({ entries }: Evidence): Hold[] {
  const movesOf = Map.groupBy(entriesOf(entries, 'move'), ({ run }) => run);
  return [...movesOf.values()].flatMap((moves) =>
    moves.flatMap(({ run, to, worker, at = 0 }, i) => {
      if (to !== 'active') return [];
      const next = moves.slice(i + 1).find((move) => move.to !== 'queued');
      return [{ run, worker, from: at, to: moves[i + 1]?.at ?? Infinity, next: next?.at }];
    }),
  );
}
