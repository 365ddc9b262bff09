import { type Evidence, toldOf } from '../evidence.ts';
import { chaosScheduleNames } from '../schedules.ts';
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

/** The codes that tell a producer that the database is away or has too much to do. */
const clearRefusal = /^(database|ledger)\./;

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

/** A firing and its run are one transaction, and a schedule that fires every few seconds goes on doing so. */
export function checkFired({ firings, runs, span: [from, to] }: Evidence): Violation[] {
  const scheduled = runs.filter(({ schedule }) => schedule !== null);
  const scheduleOf = new Map(scheduled.map(({ id, schedule }) => [id, schedule]));
  const firingsOf = Map.groupBy(firings, ({ run }) => run);
  const without = firings
    .filter(({ run, schedule }) => scheduleOf.get(run) !== schedule)
    .map(({ run, schedule }) =>
      violation('fired', run, `of a firing of ${schedule} is not in the ledger`),
    );
  const unfired = scheduled
    .filter(({ id }) => firingsOf.get(id)?.length !== 1)
    .map(({ id, schedule }) =>
      violation('fired', id, `of ${schedule} has ${firingsOf.get(id)?.length ?? 0} firings`),
    );
  const silent = chaosScheduleNames.flatMap((name) => {
    const times = firings.filter(({ schedule }) => schedule === name).map((one) => one.firedAt);
    const gaps = [...times, to].map((time, i) => time - (times[i - 1] ?? from));
    const seconds = Math.max(...gaps) / 1000;
    if (seconds <= longestGapSeconds) return [];
    return [violation('fired', `of ${name}`, `was not made for ${seconds.toFixed(0)} s`)];
  });
  return [...without, ...unfired, ...silent];
}

/** A takeover, a database that is away meanwhile, and the period itself. */
const longestGapSeconds = 30;
