import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '../core/duration.ts';
import { Suspended } from '../core/endings.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { decideOutcome, type Ending, type Outcome } from '../core/outcome.ts';
import {
  type ClaimedRun,
  type Early,
  type Fence,
  isRecorded,
  type Ledger,
  newDelivery,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Announcements } from './announcements.ts';
import type { Artifacts } from './artifacts.ts';
import type { Catalogue } from './catalogue.ts';
import type { Surroundings } from './context.ts';
import { dispatchOrPost } from './dispatch.ts';
import { runHandler } from './handler.ts';
import { openHolding } from './holding.ts';
import {
  type ChildProcesses,
  type IsolatedAttempt,
  type IsolatedHandler,
  runIsolated,
} from './isolation/isolated.ts';
import { giveBackLacking } from './lacking.ts';
import { untilAborted } from './until-aborted.ts';

export interface AttemptServices extends Surroundings {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly catalogue: Catalogue;
  /** Absent: jobs with `isolation: 'process'` run inline, too, as in tests of jobs. */
  readonly children?: ChildProcesses;
  readonly queues: Queues;
  readonly announcements: Announcements;
  /** The id of the worker that holds what it claims. */
  readonly worker: string;
  /** 0 … 1. */
  random(): number;
  /** Aborted when the worker waits no longer, not even for a database that is away. */
  readonly hurry: AbortSignal;
  /** Hears of what could not be kept: a log line, a progress; and of which run. It does not fail the run. */
  onError(error: unknown, about?: object): void;
}

/** An attempt under way in this process: aborting `control` ends it with the reason as what was thrown. */
export interface HeldAttempt {
  readonly run: ClaimedRun;
  readonly control: AbortController;
}

export interface AttemptRequest {
  readonly run: string;
  readonly delivery: string;
  /** True when the delivery carries other runs, too. */
  readonly inBundle?: boolean;
  /** The newest version of the job that this process has code for; a run of a newer one is left to others. */
  readonly version?: number;
  /** Called with the attempt once it is claimed; the returned function when it is over. */
  hold(attempt: HeldAttempt): () => void;
}

/**
 * One attempt of one run, from claim to announcement. Resolves once the outcome is committed and nothing is
 * left of a process of its own, or at once when the delivery has nothing to run any more, or nothing yet:
 * then it answers how early it came. Rejects when nobody can say what the database has kept of
 * it: the worker then gives the run back.
 */
export async function attemptRun(
  services: AttemptServices,
  request: AttemptRequest,
): Promise<Early | undefined> {
  const run = await claim(services, request);
  if (!run || 'earlyMs' in run) return run;
  if (services.catalogue.has(run.job)) await beginAttempt(services, run, request.hold);
  else await giveBackLacking(services, run);
  return undefined;
}

async function beginAttempt(
  services: AttemptServices,
  run: ClaimedRun,
  hold: AttemptRequest['hold'],
): Promise<void> {
  const control = new AbortController();
  const release = hold({ run, control });
  try {
    await carryOut(services, { run, job: services.catalogue.find(run.job), control });
  } finally {
    release();
  }
}

async function carryOut(services: AttemptServices, held: UnderWay): Promise<void> {
  const began = announceBegin(services, held.run);
  const { ending, gone } = await perform(services, held);
  await concludeAttempt(services, { run: held.run, job: held.job, ending, began });
  await gone;
}

/** Tells that an attempt begins; answers when, for `concludeAttempt`. */
export function announceBegin(
  { announcements }: AttemptServices,
  { run, job, attempt, waitedMs }: ClaimedRun,
): number {
  announcements.announce({ kind: 'begun', run, job, attempt, waitedMs });
  return performance.now();
}

/** Commits what follows from how the attempt ended, and tells of it. */
export async function concludeAttempt(
  services: AttemptServices,
  { began, ...attempt }: Attempt & { readonly ending: Ending; readonly began: number },
): Promise<void> {
  const outcome = await recordAnyway(services, attempt);
  const tookMs = performance.now() - began;
  const { run, attempt: number } = attempt.run;
  const job = attempt.job.name;
  services.announcements.announce({ kind: 'ended', run, job, attempt: number, tookMs, outcome });
}

/** Everything after the claim works on this. */
interface Attempt {
  readonly run: ClaimedRun;
  readonly job: AnyJob;
}

interface UnderWay extends Attempt {
  readonly control: AbortController;
}

function claim(
  { ledger, worker }: AttemptServices,
  { run, delivery, inBundle = false, version }: AttemptRequest,
): Promise<ClaimedRun | Early | undefined> {
  const about = { run, delivery, worker, inBundle };
  return ledger.claim({ ...about, ...(version !== undefined && { version }) });
}

/**
 * Runs the handler against its timeout and the signal; whatever is thrown on the way is the ending. Code
 * that ignores the signal does not hold up the run; `gone` tells when a process of its own has ended.
 */
async function perform(
  services: AttemptServices,
  { run, job, control }: UnderWay,
): Promise<{ ending: Ending; gone: Promise<void> }> {
  const { signal } = control;
  const timer = setTimeout(
    () => control.abort(new Failure('run.timeout', { timeout: job.timeout })),
    durationMs(job.timeout),
  );
  const holding = openHolding(services, { fence: fenceOf(run), signal });
  const { result, gone } = startHandler(services, { run, job, holding, signal });
  const kept = result.then((value) => {
    signal.throwIfAborted(); // what is returned too late is nobody's
    return services.artifacts.keep(run, value);
  });
  const ending = await untilAborted(signal, kept).then(
    ({ result: returned, ...where }): Ending => ({ returned, ...where }),
    (thrown: unknown): Ending => ({ thrown }),
  );
  clearTimeout(timer);
  // What its handler still does beside the wait is broken off: it runs again from its start.
  if ('thrown' in ending && ending.thrown instanceof Suspended) control.abort(ending.thrown);
  await holding.logged();
  await holding.released();
  return { ending, gone };
}

/** In this process, or, where the job wants it, in one of its own. */
function startHandler(services: AttemptServices, attempt: IsolatedAttempt): IsolatedHandler {
  const { run, job, holding, signal } = attempt;
  const { children } = services;
  if (children && job.isolation === 'process') return runIsolated(children, attempt);
  const { payload, version } = run;
  const result = runHandler(services, { run, job, holding, signal, payload, version });
  return { result, gone: Promise.resolve() };
}

/** What proves that this attempt holds its run. */
export function fenceOf({ run, delivery, attempt }: ClaimedRun): Fence {
  return { run, delivery, attempt };
}

/** A result that the database refuses is a failure like any other: it must not leave the run active for ever. */
async function recordAnyway(
  services: AttemptServices,
  attempt: Attempt & { ending: Ending },
): Promise<Outcome | { state: 'fenced' }> {
  try {
    return await record(services, attempt);
  } catch (thrown) {
    if (mayPass(thrown)) throw thrown;
    return record(services, { ...attempt, ending: { thrown } });
  }
}

/**
 * Decides and commits the outcome, and dispatches the run again where that is the decision. Only the ledger
 * can say that the attempt is fenced: a handler may have got that failure from somewhere else.
 */
async function record(
  services: AttemptServices,
  attempt: Attempt & { ending: Ending },
): Promise<Outcome | { state: 'fenced' }> {
  const { run, job, ending } = attempt;
  const outcome = decideOutcome(ending, {
    retry: job.retry,
    failures: run.failures,
    losses: run.losses,
    outages: run.outages,
    random: services.random(),
  });
  const fence = fenceOf(run);
  if (outcome.state !== 'queued')
    return (await commit(services, { fence, outcome })) ? outcome : { state: 'fenced' };
  const nextDelivery = newDelivery();
  if (!(await commit(services, { fence, outcome, nextDelivery }))) return { state: 'fenced' };
  // What waits at its gate again goes when the gate lets it; the end of this attempt is announced to it.
  if (run.gated && outcome.why !== 'given back') return outcome;
  await dispatchOrPost(
    { queues: services.queues, sql: services.ledger.database },
    {
      id: run.run,
      job: job.name,
      delivery: nextDelivery,
      priority: run.priority,
      delayMs: outcome.delayMs,
    },
  );
  return outcome;
}

const commitRetryMs = 1000;

/** Waits for a database that is away or busy: BullMQ must not hear of the end before it is committed. */
async function commit(
  { ledger, hurry }: AttemptServices,
  ended: Parameters<AttemptServices['ledger']['record']>[0],
): Promise<boolean> {
  for (let isRepeated = false; ; isRepeated = true) {
    try {
      if (await ledger.record(ended)) return true;
      // The answer to an earlier commit may have got lost.
      return isRepeated && (await isRecorded(ledger.database, ended));
    } catch (error) {
      if (!mayPass(error) || hurry.aborted) throw error;
      await sleep(commitRetryMs);
    }
  }
}

/** False for what is wrong with what was to be written: SQLSTATE classes 22, 23 and 54, and what no JSON can say. */
export function mayPass(error: unknown): boolean {
  if (error instanceof Failure) return error.kind === 'unavailable' || error.kind === 'limited';
  const state = (error as { code?: unknown }).code;
  return typeof state === 'string' && !/^(22|23|54)...$/.test(state);
}
