import { poisonousLosses } from '../../../src/core/outcome.ts';
import { isFinal, mayMove } from '../../../src/core/run.ts';
import { type EndedRun, type Evidence, entriesOf, type Told, toldOf } from '../evidence.ts';
import { attemptsAllowed, type ChaosResult, endsOf, firstSuccessOf } from '../jobs.ts';
import { type Violation, violation } from './violation.ts';

export function checkEnded({ runs }: Evidence): Violation[] {
  return runs
    .filter(({ state }) => !isFinal(state))
    .map(({ id, job, state, attempt }) =>
      violation('ended', id, `of ${job} is still ${state}, in attempt ${attempt}`),
    );
}

/** Each retry by hand may undo one end. */
export function checkOneEnd({ told, entries, runs }: Evidence): Violation[] {
  const movesOf = Map.groupBy(entriesOf(entries, 'move'), ({ run }) => run);
  const retriesOf = Map.groupBy(toldOf(told, 'retrying'), ({ run }) => run);
  return runs.flatMap(({ id, state }) => {
    const moves = movesOf.get(id) ?? [];
    let retries = retriesOf.get(id)?.length ?? 0;
    const said: string[] = [];
    moves.forEach(({ from, to }, i) => {
      const before = i === 0 ? null : moves[i - 1]!.to;
      if (from !== before) said.push(`moved from ${from} while it was ${before}`);
      if (from === null) return;
      const isLegal = isFinal(from) ? mayMove(from, to) && retries-- > 0 : mayMove(from, to);
      if (!isLegal && !isTakeover(from, to)) said.push(`moved from ${from} to ${to}`);
    });
    if (moves.at(-1)?.to !== state) said.push(`is ${state}, and moved last to ${moves.at(-1)?.to}`);
    return said.map((says) => violation('one end', id, says));
  });
}

/** A redelivery takes an active run from a dead worker: the attempt changes, the state does not. */
function isTakeover(from: string, to: string): boolean {
  return from === 'active' && to === 'active';
}

export function checkRightEnd({ told, runs }: Evidence): Violation[] {
  const cancelled = new Set(toldOf(told, 'cancelling').map(({ run }) => run));
  // Its children are cancelled with a run, and stay so when it is retried.
  const parents = new Set<string | null>(cancelled);
  for (const { run } of toldOf(told, 'retried')) cancelled.delete(run);
  const offers = new Map(toldOf(told, 'offered').map((offer) => [offer.mark, offer]));
  return runs
    .filter(({ state }) => isFinal(state))
    .filter(({ id, state }) => !(state === 'cancelled' && cancelled.has(id)))
    .filter(({ parent, state }) => !(state === 'cancelled' && parents.has(parent)))
    .filter(({ state, losses }) => !(state === 'failed' && losses >= poisonousLosses))
    .filter((run) => !isTooSlow(run))
    .filter((run) => !mayExpire(run, offers.get(run.mark ?? '')))
    .flatMap((run) => {
      const says = offers.get(run.mark ?? '')?.isBad
        ? describeWrongRefusal(run)
        : describeWrongEnd(run);
      return says === undefined ? [] : [violation('right end', run.id, says)];
    });
}

/** On a machine that is too busy to start a process in the time of an attempt. */
function isTooSlow({ job, state, failures, errorCode }: EndedRun): boolean {
  return (
    job === 'stubborn' &&
    state === 'failed' &&
    failures === attemptsAllowed &&
    errorCode === 'run.timeout'
  );
}

/** When, is judged elsewhere. */
function mayExpire({ state, attempt }: EndedRun, offer: Offered | undefined): boolean {
  return state === 'expired' && attempt === 0 && offer?.expiresMs !== undefined;
}

type Offered = Extract<Told, { kind: 'offered' }>;

function describeWrongRefusal({ state, attempt, errorCode }: EndedRun): string | undefined {
  if (state === 'failed' && attempt === 0 && errorCode === 'payload.invalid') return undefined;
  return `with a bad payload ended as ${state} (${errorCode}) after ${attempt} attempts`;
}

function describeWrongEnd({ job, state, attempt, failures, result }: EndedRun): string | undefined {
  if (state !== endsOf(job)) return `of ${job} ended as ${state}`;
  if (state === 'failed' && failures !== attemptsAllowed)
    return `of ${job} was given up after ${failures} failures`;
  if (state !== 'succeeded') return undefined;
  const by = (result as ChaosResult | null)?.attempt;
  if (by !== attempt) return `has the result of attempt ${by}, and ended in ${attempt}`;
  if (attempt < firstSuccessOf(job)) return `of ${job} succeeded in attempt ${attempt}`;
  return undefined;
}

export function checkBounded({ entries }: Evidence): Violation[] {
  return entriesOf(entries, 'move')
    .filter(({ failures }) => failures > attemptsAllowed)
    .map(({ run, failures }) => violation('bounded', run, `failed ${failures} times`));
}

export function checkToldTruly({ told, entries, runs }: Evidence): Violation[] {
  const stateOf = new Map(runs.map(({ id, state }) => [id, state]));
  const retried = new Set(toldOf(told, 'retrying').map(({ run }) => run));
  const committed = new Set(
    entriesOf(entries, 'move').map(({ run, attempt, to }) => `${run} ${attempt} ${to}`),
  );
  return [
    ...toldOf(told, 'cancelled')
      .filter(({ run }) => stateOf.get(run) !== 'cancelled' && !retried.has(run))
      .map(({ run }) => violation('told truly', run, `was cancelled, and is ${stateOf.get(run)}`)),
    ...toldOf(told, 'ended')
      .filter(
        ({ run, attempt, state }) =>
          state !== 'fenced' &&
          !committed.has(`${run} ${attempt} ${state}`) &&
          // A run of a job with limits waits at its gate for what others wait for in the queue.
          !(state === 'queued' && committed.has(`${run} ${attempt} blocked`)),
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
