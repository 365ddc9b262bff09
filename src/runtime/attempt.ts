import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '../core/duration.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { decideOutcome, type Ending, type Outcome } from '../core/outcome.ts';
import { type ClaimedRun, newId } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Announcements } from './announcements.ts';
import { type Catalogue, parsePayload, parseResult } from './catalogue.ts';
import { type ContextServices, openContext } from './context.ts';
import { dispatchOrPost } from './dispatch.ts';
import { giveBackLacking } from './lacking.ts';

export interface AttemptServices extends ContextServices {
  readonly catalogue: Catalogue;
  readonly queues: Queues;
  readonly announcements: Announcements;
  /** The id of the worker that holds what it claims. */
  readonly worker: string;
  /** 0 … 1. */
  random(): number;
  /** Aborted when the worker waits no longer, not even for a database that is away. */
  readonly hurry: AbortSignal;
}

/** An attempt under way in this process: aborting `control` ends it with the reason as what was thrown. */
export interface HeldAttempt {
  readonly run: ClaimedRun;
  readonly control: AbortController;
}

export interface AttemptRequest {
  readonly run: string;
  readonly delivery: string;
  /** Called with the attempt once it is claimed; the returned function when it is over. */
  hold(attempt: HeldAttempt): () => void;
}

/**
 * One attempt of one run, from claim to announcement. Resolves once the outcome is committed, or at once
 * when the delivery has nothing to run any more. Rejects when nobody can say what the database has kept of
 * it: the worker then gives the run back.
 */
export async function attemptRun(
  services: AttemptServices,
  request: AttemptRequest,
): Promise<void> {
  const run = await claim(services, request);
  if (!run) return;
  if (!services.catalogue.has(run.job)) return giveBackLacking(services, run);
  const control = new AbortController();
  const release = request.hold({ run, control });
  try {
    await carryOut(services, { run, job: services.catalogue.find(run.job), control });
  } finally {
    release();
  }
}

async function carryOut(
  services: AttemptServices,
  held: Attempt & { control: AbortController },
): Promise<void> {
  const about = { run: held.run.run, job: held.job.name, attempt: held.run.attempt };
  const began = performance.now();
  services.announcements.announce({ kind: 'begun', ...about });
  const ending = await perform(services, held);
  const outcome = await recordAnyway(services, { ...held, ending });
  const tookMs = performance.now() - began;
  services.announcements.announce({ kind: 'ended', ...about, tookMs, outcome });
}

/** Everything after the claim works on this. */
interface Attempt {
  readonly run: ClaimedRun;
  readonly job: AnyJob;
}

function claim(
  { ledger, worker }: AttemptServices,
  { run, delivery }: AttemptRequest,
): Promise<ClaimedRun | undefined> {
  return ledger.claim({ run, delivery, worker });
}

/** Parses, builds the context, runs the handler and parses its result; whatever is thrown on the way is the ending. */
async function perform(
  services: AttemptServices,
  { run, job, control }: Attempt & { control: AbortController },
): Promise<Ending> {
  const timer = setTimeout(
    () => control.abort(new Failure('run.timeout', { timeout: job.timeout })),
    durationMs(job.timeout),
  );
  try {
    const payload = parsePayload(job, run.payload);
    const { ctx, logged } = await openContext(services, { run, job, signal: control.signal });
    try {
      const returned: unknown = await Promise.race([
        job.run(ctx, payload),
        aborted(control.signal),
      ]);
      return { returned: parseResult(job, returned) };
    } finally {
      await logged();
    }
  } catch (thrown) {
    return { thrown };
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with the signal's reason once it is aborted: code that ignores the signal does not hold up the run. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
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

/** Decides and commits the outcome, and dispatches the run again where that is the decision. */
async function record(
  services: AttemptServices,
  attempt: Attempt & { ending: Ending },
): Promise<Outcome | { state: 'fenced' }> {
  const { run, job, ending } = attempt;
  if ('thrown' in ending && isFailure(ending.thrown, 'run.fenced')) return { state: 'fenced' };
  const outcome = decideOutcome(ending, {
    retry: job.retry,
    failures: run.failures,
    now: services.now(),
    random: services.random(),
  });
  const fence = { run: run.run, delivery: run.delivery, attempt: run.attempt };
  if (outcome.state !== 'queued')
    return (await commit(services, { fence, outcome })) ? outcome : { state: 'fenced' };
  const nextDelivery = newId();
  if (!(await commit(services, { fence, outcome, nextDelivery }))) return { state: 'fenced' };
  await dispatchOrPost(
    { queues: services.queues, sql: services.ledger.database },
    {
      id: run.run,
      job: job.name,
      delivery: nextDelivery,
      priority: run.priority,
      delayMs: Math.max(0, outcome.runAt.getTime() - services.now().getTime()),
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
  for (;;) {
    try {
      return await ledger.record(ended);
    } catch (error) {
      if (!mayPass(error) || hurry.aborted) throw error;
      await sleep(commitRetryMs);
    }
  }
}

/** False for what is wrong with the outcome itself: SQLSTATE classes 22, 23 and 54, and what no JSON can say. */
function mayPass(error: unknown): boolean {
  if (error instanceof Failure) return error.kind === 'unavailable' || error.kind === 'limited';
  const state = (error as { code?: unknown }).code;
  return typeof state === 'string' && !/^(22|23|54)...$/.test(state);
}
