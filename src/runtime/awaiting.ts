import type { Sql } from '../core/sql.ts';
import {
  acceptIn,
  answerWait,
  declineAnswer,
  type OpenWait,
  openWait,
  placeRuns,
  recordStep,
  takeKeptEvent,
  type WaitAnswer,
} from '../ledger/index.ts';
import { type ChildRequest, checkLine, dispatchChildren, prepareChildren } from './children.ts';
import { waitForChildren } from './fan-out.ts';
import type { AwaitingServices, WaitRequest, WaitState } from './wait.ts';

/** What an attempt may have in the ledger beside its steps: children, and waits that outlive it. */
export interface Awaiting {
  /** Accepts a child and remembers its id as the step `name`; in the transaction `tx` it joins that instead. */
  enqueue(name: string, child: ChildRequest, tx?: Sql): Promise<string>;
  /** Opens the wait, or looks what has become of it. */
  wait(request: WaitRequest): Promise<WaitState>;
  /** Refuses the event that answered the wait, which stays open. */
  decline(name: string): Promise<void>;
}

export function openAwaiting(services: AwaitingServices): Awaiting {
  const { ledger, fence } = services;
  return {
    enqueue: (name, child, tx) =>
      tx ? joinTransaction(services, child, tx) : enqueueChild(services, name, child),
    wait(request) {
      if (request.kind === 'children') return waitForChildren(services, request);
      return request.kind === 'event' ? waitForEvent(services, request) : sleep(services, request);
    },
    decline: (name) => declineAnswer(ledger.database, fence.run, name),
  };
}

async function joinTransaction(
  { catalogue, fence: { run } }: AwaitingServices,
  child: ChildRequest,
  tx: Sql,
): Promise<string> {
  const runs = prepareChildren(catalogue, { parent: run }, [child]);
  await checkLine(tx, run, runs);
  await acceptIn(tx, runs);
  return runs[0]!.id;
}

/** The child and the step that remembers it commit together. */
async function enqueueChild(
  services: AwaitingServices,
  name: string,
  child: ChildRequest,
): Promise<string> {
  const { catalogue, fence, hold } = services;
  const runs = prepareChildren(catalogue, { parent: fence.run }, [child]);
  const { id } = runs[0]!;
  const free = await hold(async (tx) => {
    await checkLine(tx, fence.run, runs);
    const placed = await placeRuns(tx, runs);
    await recordStep(tx, fence, { name, result: id, tookMs: 0 });
    return placed;
  });
  await dispatchChildren(services, free);
  return id;
}

async function sleep({ fence, hold }: AwaitingServices, request: WaitRequest): Promise<WaitState> {
  const { dueMs, waitedMs } = await hold((tx) => openWait(tx, fence.run, request));
  return dueMs! <= 0 ? { is: 'over', waitedMs } : { is: 'pending', dueMs };
}

/** The wait is committed before kept events are looked at: their senders look at waits first. */
async function waitForEvent(
  { fence: { run }, hold }: AwaitingServices,
  request: WaitRequest,
): Promise<WaitState> {
  const wait = await hold((tx) => openWait(tx, run, request));
  const answer = wait.answer ?? (await hold((tx) => answerEvent(tx, run, wait)));
  const { dueMs, waitedMs } = wait;
  if (!answer) return { is: 'pending', dueMs };
  return 'payload' in answer
    ? { is: 'event', payload: answer.payload, waitedMs }
    : { is: 'over', waitedMs };
}

/** An event that was kept, or the end of the patience; undefined while neither is there. */
async function answerEvent(
  tx: Sql,
  run: string,
  { name, dueMs }: OpenWait,
): Promise<WaitAnswer | undefined> {
  if (dueMs !== null && dueMs <= 0) return answerWait(tx, { run, name }, { timedOut: true });
  return takeKeptEvent(tx, { run, name });
}
