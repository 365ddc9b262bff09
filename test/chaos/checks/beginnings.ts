import { type Entry, type Evidence, entriesOf, toldOf } from '../evidence.ts';
import { type Violation, violation } from './violation.ts';

/** The moves of runs, but those that only say on which side of a gate they wait. */
function listMoves(entries: readonly Entry[]) {
  const sides: readonly (string | null)[] = ['queued', 'blocked'];
  return entriesOf(entries, 'move').filter(
    ({ from, to }) => !(sides.includes(from) && sides.includes(to)),
  );
}

/** A delay counts from the begin of the transaction that accepts; a process may freeze between that and the entry. */
const acceptedAt = ({ at, beganAt = at }: Entry): number => beganAt!;

/** A statement takes its time as it begins, and the history as it writes: on a busy machine that lies apart. */
const slackMs = 300;

export function checkNotEarly({ told, runs, entries }: Evidence): Violation[] {
  const delayOf = new Map(toldOf(told, 'offered').map(({ mark, delayMs }) => [mark, delayMs]));
  const movesOf = Map.groupBy(listMoves(entries), ({ run }) => run);
  const early = entriesOf(entries, 'move').filter(({ earlyMs }) => (earlyMs ?? 0) > 0);
  return [
    ...early.map(({ run, attempt, earlyMs }) =>
      violation('not early', run, `began attempt ${attempt} ${Math.round(earlyMs!)} ms too early`),
    ),
    ...runs.flatMap(({ id, mark }) => {
      const delayMs = delayOf.get(mark ?? '') ?? 0;
      const [accepted, begun] = movesOf.get(id) ?? [];
      if (delayMs === 0 || begun?.to !== 'active') return [];
      const waitedMs = Math.round(begun.at! - acceptedAt(accepted!));
      if (waitedMs >= delayMs - slackMs) return [];
      return [violation('not early', id, `began after ${waitedMs} ms instead of ${delayMs}`)];
    }),
  ];
}

/** A claim looks at the time when it begins, and may have to wait for a database that is slow or just up again. */
const claimMs = 1500;

export function checkNotLate({ told, runs, entries }: Evidence): Violation[] {
  const expiresOf = new Map(
    toldOf(told, 'offered').map(({ mark, expiresMs }) => [mark, expiresMs]),
  );
  const retried = new Set(toldOf(told, 'retrying').map(({ run }) => run));
  const movesOf = Map.groupBy(listMoves(entries), ({ run }) => run);
  return runs.flatMap(({ id, mark }) => {
    const expiresMs = expiresOf.get(mark ?? '') ?? Infinity;
    const [accepted, ...later] = movesOf.get(id) ?? [];
    const says = later.flatMap(({ to, attempt, at }) => {
      const afterMs = Math.round(at! - accepted!.at!);
      if (to === 'expired' && attempt > 0) return [`expired after attempt ${attempt}`];
      if (to === 'expired' && afterMs < expiresMs - slackMs)
        return [`expired after ${afterMs} ms instead of ${expiresMs}`];
      const isLate = to === 'active' && attempt === 1 && afterMs > expiresMs + claimMs;
      return isLate && !retried.has(id)
        ? [`began after ${afterMs} ms, and had expired after ${expiresMs}`]
        : [];
    });
    return says.map((one) => violation('not late', id, one));
  });
}

export function checkPaused({ entries }: Evidence): Violation[] {
  return entriesOf(entries, 'move')
    .filter(({ to, pausedMs }) => to === 'active' && (pausedMs ?? 0) > claimMs)
    .map(({ run, attempt, pausedMs }) =>
      violation(
        'paused',
        run,
        `began attempt ${attempt} when its job had been paused for ${Math.round(pausedMs!)} ms`,
      ),
    );
}
