import { Failure } from '../core/errors.ts';
import { isFinal, type Run } from '../core/run.ts';
import type { Database } from '../db/index.ts';
import {
  bringForward,
  carryOutWakes,
  endPatience,
  findRun,
  listRuns,
  listWaits,
  type SentEvent,
  sendEventRow,
} from '../ledger/index.ts';
import { type AttemptRequest, type AttemptServices, attemptRun } from '../runtime/index.ts';
import type { Clock } from './clock.ts';

/** What a test's run goes on with: there are no queues, no other workers and nobody who sends events. */
export interface StandIn {
  readonly database: Database;
  readonly services: AttemptServices;
  readonly clock: Clock;
  /** Sent when a run waits for one of them; each only once. */
  readonly events: SentEvent[];
  readonly mostAttempts: number;
}

/** How a run of a test is looked at and held; the defaults are those of a child. */
export interface Handle {
  readonly hold?: AttemptRequest['hold'];
  find?(): Promise<Run>;
}

/**
 * Attempts a run until it has ended, its children before it. Throws `run.endless`, or `wait.endless` when it waits
 * for an event that nobody hands in.
 */
export async function attemptToEnd(
  standIn: StandIn,
  id: string,
  { hold = () => () => {}, find = () => findRun(standIn.database, id) }: Handle = {},
): Promise<Run> {
  const { database, services, mostAttempts } = standIn;
  let run = await find();
  while (!isFinal(run.state)) {
    if (run.attempt >= mostAttempts)
      throw new Failure('run.endless', { job: run.job, attempts: run.attempt });
    if (run.state === 'blocked') await satisfy(standIn, run);
    else {
      if (run.error?.name === 'Sleeping') await endPatience(database, id);
      await bringForward(database, id);
      await attemptRun(services, { run: id, delivery: run.delivery, hold });
    }
    run = await find();
  }
  return run;
}

/** Brings about what a blocked run waits for: its children first, then an event, then the end of its patience. */
async function satisfy(standIn: StandIn, run: Run): Promise<void> {
  const { database, clock, events } = standIn;
  if (await wake(database, run.id)) return;
  for (const child of await listUnfinished(database, run.id)) {
    await attemptToEnd(standIn, child);
    if (await wake(database, run.id)) return;
  }
  for (const wait of await listWaits(database, run.id)) {
    const at = events.findIndex(
      ({ name, key }) => name === wait.event && (wait.key === null || wait.key === key),
    );
    if (at < 0) continue;
    await sendEventRow(database, events.splice(at, 1)[0]!);
    if (await wake(database, run.id)) return;
  }
  const ms = await endPatience(database, run.id);
  const what = run.error?.message ?? 'something';
  if (ms === undefined) throw new Failure('wait.endless', { job: run.job, what });
  clock.moveBy(ms);
  await wake(database, run.id);
}

/** True when the run is blocked no longer. */
async function wake(database: Database, id: string): Promise<boolean> {
  await database.transaction((tx) => carryOutWakes(tx, 1000));
  return (await findRun(database, id)).state !== 'blocked';
}

/** Children that the run waits for; those it only enqueued stay as they are. */
async function listUnfinished(database: Database, parent: string): Promise<string[]> {
  const steps = (await listWaits(database, parent)).map(({ name }) => name);
  const children = await listRuns(database, { parent, limit: 10_000 });
  return children
    .filter(({ state, parentStep }) => !isFinal(state) && steps.includes(parentStep ?? ''))
    .map(({ id }) => id)
    .reverse();
}
