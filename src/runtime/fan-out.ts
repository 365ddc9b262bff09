import type { ChildOutcome } from '../core/child.ts';
import { Failure } from '../core/errors.ts';
import { decideFanIn } from '../core/fan-in.ts';
import { isFinal } from '../core/run.ts';
import {
  answerWait,
  cancelRuns,
  type EndedChild,
  findWait,
  type KnownChild,
  listEnded,
  listFanOut,
  type OpenWait,
  openWait,
  placeRuns,
  type WaitAnswer,
} from '../ledger/index.ts';
import type { Artifacts } from './artifacts.ts';
import { checkLine, dispatchChildren, prepareChildren } from './children.ts';
import type { AwaitingServices, WaitRequest, WaitState } from './wait.ts';

/**
 * Accepts the children of a fan-out, all or none, or looks how far those are that an earlier attempt has accepted.
 * Throws what `prepareChildren` and `checkLine` throw, or `child.gone`.
 */
export async function waitForChildren(
  services: AwaitingServices,
  request: WaitRequest,
): Promise<WaitState> {
  const { ledger, fence } = services;
  const wait = await openFanOut(services, request);
  if (!wait) return { is: 'unknown' };
  const children = await listFanOut(ledger.database, fence.run, wait.name);
  const missing = wait.size! - children.length;
  if (missing > 0) throw new Failure('child.gone', { missing, count: wait.size!, name: wait.name });
  const state = await judge(services, wait, children);
  if (request.cancelRest && state.is !== 'pending') await cancelRest(services, children);
  return state;
}

async function openFanOut(
  services: AwaitingServices,
  { name, children, ms, policy }: WaitRequest,
): Promise<OpenWait | undefined> {
  const { catalogue, fence, hold } = services;
  const { run } = fence;
  const runs = children && prepareChildren(catalogue, { parent: run, step: name }, children);
  if (!runs) return findWait(services.ledger.database, run, name);
  const { wait, free } = await hold(async (tx) => {
    const found = await findWait(tx, run, name);
    if (found) return { wait: found, free: [] };
    await checkLine(tx, run, runs);
    const placed = await placeRuns(tx, runs);
    const opened = { name, kind: 'children', size: runs.length } as const;
    const more = { ...(ms !== undefined && { ms }), ...(policy && { policy }) };
    return { wait: await openWait(tx, run, { ...opened, ...more }), free: placed };
  });
  await dispatchChildren(services, free);
  return wait;
}

/** A wait that failed is answered for every attempt that follows, until somebody retries the run. */
async function judge(
  { ledger, artifacts, fence: { run }, hold }: AwaitingServices,
  wait: OpenWait,
  children: readonly KnownChild[],
): Promise<WaitState> {
  const { name, waitedMs } = wait;
  const outcomesOf = (ended: readonly KnownChild[]) => listOutcomes({ ledger, artifacts }, ended);
  const fanIn = decideFanIn(
    wait.policy ?? 'all',
    children.map(({ state }) => state),
  );
  const answered = async (): Promise<WaitAnswer | undefined> => {
    if (wait.answer) return wait.answer;
    if (fanIn.is === 'failed') {
      const { job } = children[fanIn.at]!;
      const [outcome] = await outcomesOf([children[fanIn.at]!]);
      return hold((tx) => answerWait(tx, { run, name }, { failed: { job, outcome: outcome! } }));
    }
    const isLate = fanIn.is === 'pending' && wait.dueMs !== null && wait.dueMs <= 0;
    return isLate ? hold((tx) => answerWait(tx, { run, name }, { timedOut: true })) : undefined;
  };
  const answer = await answered();
  if (answer && 'failed' in answer) return { is: 'failed', ...answer.failed };
  if (answer) return { is: 'over', waitedMs };
  if (fanIn.is === 'complete')
    return { is: 'ended', outcomes: await outcomesOf(children), waitedMs };
  if (fanIn.is === 'first')
    return { is: 'ended', outcomes: await outcomesOf([children[fanIn.at]!]), waitedMs };
  return { is: 'pending', dueMs: wait.dueMs };
}

/** Children whose rows are read at once: each result may be as large as a row takes. */
const page = 500;

async function listOutcomes(
  { ledger, artifacts }: Pick<AwaitingServices, 'ledger' | 'artifacts'>,
  children: readonly KnownChild[],
): Promise<ChildOutcome[]> {
  const outcomes: ChildOutcome[] = [];
  for (let from = 0; from < children.length; from += page) {
    const ids = children.slice(from, from + page).map(({ id }) => id);
    for (const ended of await listEnded(ledger.database, ids))
      outcomes.push(await toOutcome(ended, artifacts));
  }
  return outcomes;
}

async function cancelRest(
  { ledger, fence }: AwaitingServices,
  children: readonly KnownChild[],
): Promise<void> {
  const rest = children.filter(({ state }) => !isFinal(state)).map(({ id }) => id);
  const reason = `its parent, run ${fence.run}, goes on without it`;
  for (let from = 0; from < rest.length; from += page)
    await cancelRuns(ledger.database, rest.slice(from, from + page), reason);
}

async function toOutcome(
  { id: run, state, result, artifact, error }: EndedChild,
  artifacts: Artifacts,
): Promise<ChildOutcome> {
  if (state === 'succeeded')
    return { run, state, result: artifact ? await artifacts.load(artifact) : result };
  const { name = 'Error', message = 'no reason is known', code } = error ?? {};
  return {
    run,
    state: state as Exclude<ChildOutcome['state'], 'succeeded'>,
    error: { name, message, ...(code !== undefined && { code }) },
  };
}
