import { type Entry, type Evidence, entriesOf, toldOf } from '../evidence.ts';
import { isWait } from '../jobs.ts';
import { type Violation, violation } from './violation.ts';

/** Every write carries an attempt; at that moment the run must have been active in it. */
export function checkFenced({ entries }: Evidence): Violation[] {
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
    } else if (isWrite(entry) && holders.get(run) !== attempt) {
      const what = `attempt ${attempt} wrote ${entry.step ?? 'outside a step'}`;
      found.push(violation('fenced', run, `${what} while ${nameHolder(holders.get(run))} held it`));
    }
  }
  return found;
}

function isWrite(entry: Entry): entry is Extract<Entry, { kind: 'step' | 'effect' }> {
  return entry.kind === 'step' || entry.kind === 'effect';
}

function nameHolder(attempt: number | undefined): string {
  return attempt === undefined ? 'nobody' : `attempt ${attempt}`;
}

/** Death is one thing: a heartbeat that is too old by the clock of the database. */
export function checkAlive(detectionMs: number) {
  return ({ entries }: Evidence): Violation[] =>
    entriesOf(entries, 'move')
      .filter(({ silentMs }) => typeof silentMs === 'number' && silentMs < detectionMs * 0.8)
      .map(({ run, attempt, silentMs }) =>
        violation(
          'alive',
          run,
          `was taken from a worker that was heard of ${Math.round(silentMs!)} ms before (attempt ${attempt})`,
        ),
      );
}

/** The step was recorded by one attempt, performed by it once, and by no later one. */
export function checkRemembered({ told, entries, steps }: Evidence): Violation[] {
  const performed = Map.groupBy(toldOf(told, 'performed'), ({ run, step }) => `${run} ${step}`);
  const changed = entriesOf(entries, 'unstep').map(({ run, step }) =>
    violation('remembered', run, `the recorded step ${step} was changed`),
  );
  const bodies = steps.filter(({ step }) => !isWait(step));
  const repeated = bodies.flatMap(({ run, step, attempt, result }) => {
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
export function checkTogether({ entries, steps }: Evidence): Violation[] {
  const effects = Map.groupBy(
    entriesOf(entries, 'effect').filter(({ step }) => step !== null),
    ({ run, step }) => `${run} ${step}`,
  );
  const recorded = new Set(steps.map(({ run, step }) => `${run} ${step}`));
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

/** A worker that is itself frozen or blocked kills nobody meanwhile. */
const longestStayMs = 15_000;

/** Code that ignores the end of its attempt is stopped with its process; each of these attempts times out soon. */
export function checkGone({ told, entries }: Evidence): Violation[] {
  const beganOf = new Map(
    entriesOf(entries, 'move')
      .filter(({ to }) => to === 'active')
      .map(({ run, attempt, at }) => [`${run} ${attempt}`, at!]),
  );
  const signs = Map.groupBy(toldOf(told, 'alive'), ({ run, attempt }) => `${run} ${attempt}`);
  return [...signs].flatMap(([name, own]) => {
    const { run, attempt } = own[0]!;
    const stayedMs = Math.max(...own.map(({ at }) => at!)) - (beganOf.get(name) ?? Infinity);
    if (stayedMs <= longestStayMs) return [];
    const seconds = Math.round(stayedMs / 1000);
    return [violation('gone', run, `was at work in attempt ${attempt} for ${seconds} s`)];
  });
}
