import { isFinal } from '../../../src/core/run.ts';
import { type Evidence, entriesOf, toldOf } from '../evidence.ts';
import { type Violation, violation } from './violation.ts';

/** Accepted means committed. */
export function checkKept({ told, runs }: Evidence): Violation[] {
  const kept = new Set(runs.map(({ id }) => id));
  return toldOf(told, 'accepted')
    .filter(({ run }) => !kept.has(run))
    .map(({ run, job }) =>
      violation('kept', run, `of ${job} was accepted and is not in the ledger`),
    );
}

/** The codes that tell a producer that the database is away or has too much to do, or that a key is in use. */
const clearRefusal = /^(database|ledger|unique)\./;

/** An offer whose answer got lost may have made a run; it may not have made two, and nobody else makes any. */
export function checkAcceptedOnce({ told, runs }: Evidence): Violation[] {
  const offered = new Set(toldOf(told, 'offered').map(({ mark }) => mark));
  const made = runs.filter(({ schedule }) => schedule === null);
  const strange = made
    .filter(({ mark }) => !offered.has(mark!))
    .map(({ id }) => violation('accepted once', id, 'was offered by nobody'));
  const doubled = [...Map.groupBy(made, ({ mark }) => mark).values()]
    .filter((same) => same.length > 1)
    .map((same) =>
      violation('accepted once', same[0]!.id, `and ${same[1]!.id} come from one offer`),
    );
  const unclear = toldOf(told, 'refused')
    .filter(({ says }) => !clearRefusal.test(says))
    .map(({ mark, says }) =>
      violation('accepted once', `of the offer ${mark}`, `was refused with: ${says}`),
    );
  return [...strange, ...doubled, ...unclear];
}

/** What a transaction rolled back leaves no run; a handler's leaves one exactly when its step is recorded. */
export function checkAllOrNothing({ told, runs, steps }: Evidence): Violation[] {
  const runOf = new Map(runs.map(({ id, mark }) => [mark, id]));
  const rolledBack = toldOf(told, 'rolled back').flatMap(({ mark }) => {
    const run = runOf.get(mark);
    return run === undefined
      ? []
      : [violation('all or nothing', run, 'is there, and its transaction was rolled back')];
  });
  const recordedBy = new Map(steps.map(({ run, step, attempt }) => [`${run} ${step}`, attempt]));
  const torn = toldOf(told, 'offered').flatMap(({ mark, within }) => {
    if (!within) return [];
    const { run, step, attempt } = within;
    const isRecorded = recordedBy.get(`${run} ${step}`) === attempt;
    if (isRecorded === runOf.has(mark)) return [];
    const says = isRecorded
      ? `recorded ${step} in attempt ${attempt} without the run that it enqueued in it`
      : `enqueued a run in ${step} of attempt ${attempt}, which is not recorded, and the run is there`;
    return [violation('all or nothing', run, says)];
  });
  return [...rolledBack, ...torn];
}

/** Whoever offers a key gets a run of it, and there is none beside that until it has ended. */
export function checkUnique({ told, runs, entries }: Evidence): Violation[] {
  const keyOf = new Map(
    runs.map(({ id, job, key }) => [id, key === null ? undefined : `${job} ${key}`]),
  );
  const offered = new Map(
    toldOf(told, 'offered').map(({ mark, job, key }) => [mark, key && `${job} ${key}`]),
  );
  const strange = toldOf(told, 'accepted')
    .filter(({ mark, run }) => keyOf.has(run) && keyOf.get(run) !== offered.get(mark))
    .map(({ run }) => violation('unique', run, 'is told to somebody who offered another key'));
  const unfinished = new Map<string, string>();
  const doubled = entriesOf(entries, 'move').flatMap(({ run, to }) => {
    const key = keyOf.get(run);
    if (key === undefined) return [];
    const other = unfinished.get(key);
    if (isFinal(to)) {
      if (other === run) unfinished.delete(key);
      return [];
    }
    unfinished.set(key, run);
    return other === undefined || other === run
      ? []
      : [violation('unique', run, `is ${to} while ${other} of the same key has not ended`)];
  });
  return [...strange, ...doubled];
}
