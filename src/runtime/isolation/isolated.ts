import { durationMs } from '../../core/duration.ts';
import { Failure } from '../../core/errors.ts';
import type { AnyJob } from '../../core/job.ts';
import { sizeBytes } from '../../core/size.ts';
import type { ClaimedRun } from '../../ledger/index.ts';
import type { Holding } from '../holding.ts';
import { type Child, type Death, startChild } from './child.ts';
import { pack, unpack } from './crossing.ts';
import { type Desk, openDesk } from './desk.ts';
import type { Answer, ToParent } from './protocol.ts';

/** How attempts of jobs with `isolation: 'process'` get a process. */
export interface ChildProcesses {
  /** The file that the process starts with; it calls `serveAttempt`. */
  readonly entry: URL;
  /** Handed to it: what it opens connectors with. Plain data. */
  readonly setup: unknown;
  /** False on PGlite, where a transaction of a child would stop everybody else. */
  readonly mayTransact: boolean;
}

export interface IsolatedAttempt {
  readonly run: ClaimedRun;
  readonly job: AnyJob;
  readonly holding: Holding;
  /** Aborted when the attempt is over. */
  readonly signal: AbortSignal;
}

/** A handler at work in a process of its own. */
export interface IsolatedHandler {
  /** What the handler returned; rejects with what it threw, or how its process died. */
  readonly result: Promise<unknown>;
  /** Resolves when nothing is left of its process. */
  readonly gone: Promise<void>;
}

/**
 * Runs the handler of one attempt in a process of its own, which asks this one for everything that concerns
 * the ledger. When the attempt is over before it, the process is told, and killed after the job's `killAfter`.
 */
export function runIsolated(
  { entry, setup, mayTransact }: ChildProcesses,
  { run, job, holding, signal }: IsolatedAttempt,
): IsolatedHandler {
  const desk = openDesk({ job: job.name, holding, mayTransact });
  const ended = Promise.withResolvers<Answer>();
  const child = startChild({
    entry,
    memoryMb: sizeBytes(job.memory) / 1024 ** 2,
    onMessage: (message) => hear(message, { child, desk, holding, onEnded: ended.resolve }),
    onLine: (stream, message) =>
      holding.log({ at: new Date(), level: stream === 'stdout' ? 'info' : 'warn', message }),
  });
  child.send({ kind: 'start', ...startOf(run), setup });
  const stopTelling = killWhenOver({ child, job, signal, ended: ended.promise });
  const death = child.death.finally(() => {
    stopTelling();
    desk.close();
  });
  return {
    result: resultOf(job, ended.promise, death),
    gone: death.then(() => undefined),
  };
}

function startOf({ run, attempt, job, version, payload, schedule, due }: ClaimedRun) {
  return { run, attempt, job, version, payload, schedule, due };
}

interface Hearing {
  readonly child: Child;
  readonly desk: Desk;
  readonly holding: Holding;
  onEnded(answer: Answer): void;
}

function hear(message: ToParent, { child, desk, holding, onEnded }: Hearing): void {
  switch (message.kind) {
    case 'ask':
      void answerTo(desk.answer(message.request)).then((answer) =>
        child.send({ kind: 'answer', id: message.id, answer }),
      );
      return;
    case 'log':
      holding.log(message.line);
      return;
    case 'progress':
      void holding.progress(message.progress);
      return;
    case 'ended':
      onEnded(message.answer);
  }
}

async function answerTo(work: Promise<unknown>): Promise<Answer> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: pack(error) };
  }
}

/** Tells the child when the attempt is over, and kills it when it stays too long after that or after its own end. */
function killWhenOver({
  child,
  job,
  signal,
  ended,
}: {
  readonly child: Child;
  readonly job: AnyJob;
  readonly signal: AbortSignal;
  readonly ended: Promise<Answer>;
}): () => void {
  let timer: NodeJS.Timeout | undefined;
  const killSoon = () => {
    timer ??= setTimeout(child.kill, durationMs(job.killAfter));
  };
  const tell = () => {
    child.send({ kind: 'abort', reason: pack(signal.reason) });
    killSoon();
  };
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  void ended.then(killSoon);
  return () => {
    signal.removeEventListener('abort', tell);
    clearTimeout(timer);
  };
}

/** Its answer counts once its process is gone: by then everything that it wrote is in the log. */
async function resultOf(
  job: AnyJob,
  ended: Promise<Answer>,
  death: Promise<Death>,
): Promise<unknown> {
  const answer = await Promise.race([ended, death.then(() => undefined)]);
  const { how, isMemory, output } = await death;
  if (answer && 'value' in answer) return answer.value;
  if (answer) throw unpack(answer.error);
  if (isMemory) throw new Failure('run.memory', { memory: job.memory });
  throw new Failure('run.crashed', { how, output });
}
