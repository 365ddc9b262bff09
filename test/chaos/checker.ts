import { poisonousLosses } from '../../src/core/outcome.ts';
import { isFinal, mayMove } from '../../src/core/run.ts';
import type { Entry, Evidence, Told } from './evidence.ts';
import { type ChaosResult, endsOf } from './jobs.ts';

/** What must hold whatever happens to processes, each with its sentence. */
export const invariants = {
  kept: 'nothing that was accepted is lost',
  ended: 'every run comes to an end',
  'one end': 'a run ends once, by legal moves only',
  'right end': 'a run ends as its job says',
  'told truly': 'what a process was told is what was committed',
  fenced: 'an attempt that lost its run writes nothing',
  remembered: 'a recorded step never runs again',
  together: 'a transaction and its step are recorded both or neither',
} as const;

export type Invariant = keyof typeof invariants;

export interface Violation {
  readonly invariant: Invariant;
  readonly run: string;
  readonly says: string;
}

/** Judges a history; empty when every invariant held. */
export function findViolations(evidence: Evidence): Violation[] {
  const found = checks.map((check) => check(evidence));
  return found.flat();
}

type Check = (evidence: Evidence) => Violation[];

const checks: readonly Check[] = [
  checkKept,
  checkEnded,
  checkOneEnd,
  checkRightEnd,
  checkToldTruly,
  checkFenced,
  checkRemembered,
  checkTogether,
];

function checkKept({ told, runs }: Evidence): Violation[] {
  const kept = new Set(runs.map(({ id }) => id));
  return toldOf(told, 'accepted')
    .filter(({ run }) => !kept.has(run))
    .map(({ run, job }) =>
      violation('kept', run, `of ${job} was accepted and is not in the ledger`),
    );
}

function checkEnded({ runs }: Evidence): Violation[] {
  return runs
    .filter(({ state }) => !isFinal(state))
    .map(({ id, job, state, attempt }) =>
      violation('ended', id, `of ${job} is still ${state}, in attempt ${attempt}`),
    );
}

/** Nobody retries by hand in this load, so a final state is final. */
function checkOneEnd({ entries, runs }: Evidence): Violation[] {
  const movesOf = Map.groupBy(entriesOf(entries, 'move'), ({ run }) => run);
  return runs.flatMap(({ id, state }) => {
    const moves = movesOf.get(id) ?? [];
    const said: string[] = [];
    moves.forEach(({ from, to }, i) => {
      const before = i === 0 ? null : moves[i - 1]!.to;
      if (from !== before) said.push(`moved from ${from} while it was ${before}`);
      if (from !== null && (isFinal(from) || !(mayMove(from, to) || isTakeover(from, to))))
        said.push(`moved from ${from} to ${to}`);
    });
    if (moves.at(-1)?.to !== state) said.push(`is ${state}, and moved last to ${moves.at(-1)?.to}`);
    return said.map((says) => violation('one end', id, says));
  });
}

/** A redelivery takes an active run from a dead worker: the attempt changes, the state does not. */
function isTakeover(from: string, to: string): boolean {
  return from === 'active' && to === 'active';
}

function checkRightEnd({ told, runs }: Evidence): Violation[] {
  const cancelled = new Set(toldOf(told, 'cancelling').map(({ run }) => run));
  return runs.flatMap(({ id, job, state, attempt, losses, result }) => {
    if (!isFinal(state) || (state === 'cancelled' && cancelled.has(id))) return [];
    if (state === 'failed' && losses >= poisonousLosses) return [];
    if (state !== endsOf(job)) return [violation('right end', id, `of ${job} ended as ${state}`)];
    const by = (result as ChaosResult | null)?.attempt;
    if (state !== 'succeeded' || by === attempt) return [];
    return [violation('right end', id, `has the result of attempt ${by}, and ended in ${attempt}`)];
  });
}

function checkToldTruly({ told, entries, runs }: Evidence): Violation[] {
  const stateOf = new Map(runs.map(({ id, state }) => [id, state]));
  const committed = new Set(
    entriesOf(entries, 'move').map(({ run, attempt, to }) => `${run} ${attempt} ${to}`),
  );
  return [
    ...toldOf(told, 'cancelled')
      .filter(({ run }) => stateOf.get(run) !== 'cancelled')
      .map(({ run }) => violation('told truly', run, `was cancelled, and is ${stateOf.get(run)}`)),
    ...toldOf(told, 'ended')
      .filter(
        ({ run, attempt, state }) =>
          state !== 'fenced' && !committed.has(`${run} ${attempt} ${state}`),
      )
      .map(({ run, attempt, state }) =>
        violation(
          'told truly',
          run,
          `attempt ${attempt} was told that ${state} is committed, and it is not`,
        ),
      ),
  ];
}

/** Every write carries an attempt; at that moment the run must have been active in it. */
function checkFenced({ entries }: Evidence): Violation[] {
  const holders = new Map<string, number | undefined>();
  const found: Violation[] = [];
  for (const entry of entries) {
    const { run, attempt } = entry;
    if (entry.kind === 'move') {
      const holder = holders.get(run);
      if (entry.to === 'succeeded' && holder !== attempt)
        found.push(
          violation(
            'fenced',
            run,
            `attempt ${attempt} ended it while ${nameHolder(holder)} held it`,
          ),
        );
      holders.set(run, entry.to === 'active' ? attempt : undefined);
    } else if (entry.kind !== 'unstep' && holders.get(run) !== attempt) {
      const what = `attempt ${attempt} wrote ${entry.step ?? 'outside a step'}`;
      found.push(violation('fenced', run, `${what} while ${nameHolder(holders.get(run))} held it`));
    }
  }
  return found;
}

function nameHolder(attempt: number | undefined): string {
  return attempt === undefined ? 'nobody' : `attempt ${attempt}`;
}

/** The step was recorded by one attempt, performed by it once, and by no later one. */
function checkRemembered({ told, entries, steps }: Evidence): Violation[] {
  const performed = Map.groupBy(toldOf(told, 'performed'), ({ run, step }) => `${run} ${step}`);
  const changed = entriesOf(entries, 'unstep').map(({ run, step }) =>
    violation('remembered', run, `the recorded step ${step} was changed`),
  );
  const repeated = steps.flatMap(({ run, step, attempt, result }) => {
    const times = performed.get(`${run} ${step}`) ?? [];
    const own = times.filter((time) => time.attempt === attempt);
    const later = times.filter((time) => time.attempt > attempt);
    const said: string[] = [];
    if (later.length > 0)
      said.push(
        `${step}, recorded by attempt ${attempt}, ran again in attempt ${later[0]!.attempt}`,
      );
    if (own.length !== 1)
      said.push(`${step} ran ${own.length} times in attempt ${attempt}, which recorded it`);
    if (own.length === 1 && own[0]!.mark !== result)
      said.push(`${step} has a result that it never made`);
    return said.map((says) => violation('remembered', run, says));
  });
  return [...changed, ...repeated];
}

/** A step that wrote in its transaction has its effect once, and there is no effect without its step. */
function checkTogether({ entries, steps }: Evidence): Violation[] {
  const effects = Map.groupBy(
    entriesOf(entries, 'effect').filter(({ step }) => step !== null),
    ({ run, step }) => `${run} ${step}`,
  );
  const recorded = new Map(steps.map((step) => [`${step.run} ${step.step}`, step]));
  const without = [...effects.values()]
    .map((some) => some[0]!)
    .filter(({ run, step }) => !recorded.has(`${run} ${step}`))
    .map(({ run, step }) =>
      violation('together', run, `${step} left an effect and is not recorded`),
    );
  const wrong = steps
    .filter(({ step }) => step.startsWith('book'))
    .filter(({ run, step, attempt }) => {
      const own = effects.get(`${run} ${step}`) ?? [];
      return own.length !== 1 || own[0]!.attempt !== attempt;
    })
    .map(({ run, step }) =>
      violation('together', run, `${step} is recorded and has not exactly its one effect`),
    );
  return [...without, ...wrong];
}

function violation(invariant: Invariant, run: string, says: string): Violation {
  return { invariant, run, says: `run ${run} ${says}` };
}

function toldOf<Kind extends Told['kind']>(told: readonly Told[], kind: Kind) {
  return told.filter((one): one is Extract<Told, { kind: Kind }> => one.kind === kind);
}

function entriesOf<Kind extends Entry['kind']>(entries: readonly Entry[], kind: Kind) {
  return entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}
