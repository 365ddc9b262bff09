import {
  type AnyBatchJob,
  type BatchItem,
  checkOutcomes,
  type ItemOutcome,
} from '../core/batch-job.ts';
import { durationMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import type { Ending } from '../core/outcome.ts';
import type { ClaimedRun, Early } from '../ledger/index.ts';
import {
  type AttemptRequest,
  type AttemptServices,
  announceBegin,
  concludeAttempt,
  fenceOf,
} from './attempt.ts';
import { openBatchSql } from './batch-sql.ts';
import { parseResult, readPayload } from './catalogue.ts';
import { openLog, provide, scheduledFor } from './context.ts';
import { type LedgerHolding, openHolding } from './holding.ts';
import { untilAborted } from './until-aborted.ts';

export interface BatchRequest extends Pick<AttemptRequest, 'delivery' | 'version' | 'hold'> {
  readonly job: AnyBatchJob;
  readonly runs: readonly string[];
  /** Called with a run of which nobody can say what the database has kept, and why. */
  onDoubt(run: string, error: unknown): void;
}

/** A run of the batch under way. */
interface Member {
  readonly run: ClaimedRun;
  readonly control: AbortController;
  readonly holding: LedgerHolding;
  release(): void;
}

/**
 * One attempt of every run of a delivery that may begin, by one call of the handler. Resolves once each has its own
 * outcome committed; answers how early the delivery came when runs of it may not begin yet.
 */
export async function attemptBatch(
  services: AttemptServices,
  request: BatchRequest,
): Promise<Early | undefined> {
  const answers = await claimAll(services, request);
  const runs = answers.filter((answer) => 'run' in answer);
  const early = answers.filter((answer) => 'earlyMs' in answer);
  if (runs.length > 0) await carryOut(services, request, runs);
  return early.toSorted((a, b) => a.earlyMs - b.earlyMs)[0];
}

async function claimAll(
  { ledger, worker }: AttemptServices,
  { runs, delivery, version, onDoubt }: BatchRequest,
): Promise<(ClaimedRun | Early)[]> {
  const shared = { delivery, worker, inBundle: true, ...(version !== undefined && { version }) };
  const claims = runs.map((run) =>
    ledger.claim({ run, ...shared }).catch((error: unknown) => {
      onDoubt(run, error);
      return undefined;
    }),
  );
  return (await Promise.all(claims)).filter((answer) => answer !== undefined);
}

async function carryOut(
  services: AttemptServices,
  { job, hold, onDoubt }: BatchRequest,
  runs: readonly ClaimedRun[],
): Promise<void> {
  const members = runs.map((run): Member => {
    const control = new AbortController();
    const release = hold({ run, control });
    const { signal } = control;
    const holding = openHolding(services, { fence: fenceOf(run), signal });
    return { run, control, holding, release };
  });
  const began = members.map(({ run }) => announceBegin(services, run));
  const endings = await perform(services, job, members);
  const concluded = members.map(async ({ run, holding, release }, i) => {
    try {
      await holding.logged();
      await concludeAttempt(services, { run, job, ending: endings[i]!, began: began[i]! });
    } catch (error) {
      onDoubt(run.run, error);
    } finally {
      release();
    }
  });
  await Promise.all(concluded);
}

/** A payload that does not parse, and a run that was cancelled meanwhile, have an ending of their own. */
async function perform(
  services: AttemptServices,
  job: AnyBatchJob,
  members: readonly Member[],
): Promise<Ending[]> {
  const timer = setTimeout(() => {
    for (const { control } of members)
      control.abort(new Failure('run.timeout', { timeout: job.timeout }));
  }, durationMs(job.timeout));
  const opened = members.map((member) => openItem(services, job, member));
  const taking = members.filter((_, i) => 'run' in opened[i]!);
  const items = opened.filter((one) => 'run' in one);
  const outcomes = await callHandler(services, { job, taking, items });
  clearTimeout(timer);
  const waiting = outcomes[Symbol.iterator]();
  return Promise.all(
    members.map(async (member, i) => {
      const one = opened[i]!;
      return 'run' in one ? endOf(services, member, judge(job, waiting.next().value!)) : one;
    }),
  );
}

function openItem(
  { now }: AttemptServices,
  job: AnyBatchJob,
  { run, control, holding }: Member,
): BatchItem<unknown> | { readonly thrown: unknown } {
  try {
    control.signal.throwIfAborted(); // cancelled since its claim
    return {
      run: run.run,
      payload: readPayload(job, run),
      attempt: run.attempt,
      ...scheduledFor(run),
      signal: control.signal,
      log: openLog((line) => holding.log({ at: now(), ...line })),
    };
  } catch (thrown) {
    return { thrown };
  }
}

interface Call {
  readonly job: AnyBatchJob;
  readonly taking: readonly Member[];
  readonly items: readonly BatchItem<unknown>[];
}

/** What is thrown is the outcome of every item. */
async function callHandler(
  services: AttemptServices,
  { job, taking, items }: Call,
): Promise<readonly ItemOutcome<unknown>[]> {
  if (items.length === 0) return [];
  const signal = whenAllAborted(taking);
  const fences = taking.map(({ run }) => fenceOf(run));
  const sql = openBatchSql(services.ledger, fences, signal);
  try {
    const scope = { sql, run: fences[0]!.run };
    const ctx = { job: job.name, signal, now: services.now };
    const work = job.runBatch({ ...ctx, ...provide(job, services.providers, scope) }, items);
    return checkOutcomes(job.name, await untilAborted(signal, work), items.length);
  } catch (error) {
    return items.map(() => ({ error }));
  } finally {
    await sql.released();
  }
}

/** Aborted once every member is, with the reason of the last. */
function whenAllAborted(members: readonly Member[]): AbortSignal {
  const all = new AbortController();
  let left = members.length;
  for (const { signal } of members.map(({ control }) => control)) {
    const hear = () => --left === 0 && all.abort(signal.reason);
    if (signal.aborted) hear();
    else signal.addEventListener('abort', hear, { once: true });
  }
  return all.signal;
}

function judge(job: AnyBatchJob, outcome: ItemOutcome<unknown>): ItemOutcome<unknown> {
  try {
    return 'error' in outcome ? outcome : { result: parseResult(job, outcome.result) };
  } catch (error) {
    return { error };
  }
}

async function endOf(
  { artifacts }: AttemptServices,
  { run, control: { signal } }: Member,
  outcome: ItemOutcome<unknown>,
): Promise<Ending> {
  if (signal.aborted) return { thrown: signal.reason };
  if ('error' in outcome) return { thrown: outcome.error };
  try {
    const { result: returned, ...where } = await artifacts.keep(run, outcome.result);
    return { returned, ...where };
  } catch (thrown) {
    return { thrown };
  }
}
