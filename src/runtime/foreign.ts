import { Failure, isFailure } from '../core/errors.ts';
import { answerForeign } from '../core/foreign.ts';
import type { AnyJob } from '../core/job.ts';
import { describeError } from '../core/outcome.ts';
import type { RunError, RunState } from '../core/run.ts';
import { type AdoptedRun, type Early, findAdoptedEnd, type NewRun } from '../ledger/index.ts';
import type { Delivery, ForeignJob } from '../queue/index.ts';
import { announceRefusal } from './admission.ts';
import { type AttemptServices, mayPass } from './attempt.ts';
import { checkPayload } from './catalogue.ts';
import { newRun } from './enqueue.ts';
import { foreignDelivery } from './foreign-delivery.ts';

/** A delivery that another program added, and how to attempt the run that it becomes. */
export interface Carrying {
  readonly job: AnyJob;
  readonly delivery: Delivery & { readonly foreign: ForeignJob };
  attempt(run: { readonly run: string; readonly delivery: string }): Promise<Early | undefined>;
}

/**
 * Adopts a job that another program put into the queue of `job`, attempts its run, and answers the run's
 * result. It stays in its queue, by \`queue.early\`, until its run has ended, whoever ends that, and while the
 * ledger is away; a run that ended badly is \`foreign.ended\`.
 */
export async function carryForeign(
  services: AttemptServices,
  carrying: Carrying,
): Promise<unknown> {
  try {
    return await carry(services, carrying);
  } catch (error) {
    const passes = ['foreign.ended', 'queue.early', 'queue.crowded'] as const;
    if (passes.some((code) => isFailure(error, code))) throw error;
    // Nothing but its queue has it until the ledger does.
    services.onError(error, { job: carrying.job.name, delivery: carrying.delivery.id });
    throw rest(carrying, awayMs);
  }
}

const awayMs = 5_000;

async function carry(services: AttemptServices, carrying: Carrying): Promise<unknown> {
  const { database } = services.ledger;
  const delivery = deliveryOf(carrying);
  const { run, isNew } = await adopt(services, carrying);
  if (isNew) await carrying.delivery.foreign.tell({ run }).catch(services.onError);
  const early = await carrying.attempt({ run, delivery });
  if (early) throw rest(carrying, early.earlyMs);
  const end = await findAdoptedEnd(database, run);
  if (!end)
    throw new Failure('foreign.ended', {
      run,
      state: 'is gone',
      reason: 'it was too old to be kept',
    });
  const answer = answerForeign(end);
  if ('restMs' in answer) throw rest(carrying, answer.restMs);
  if ('value' in answer) return answer.value;
  throw new Failure('foreign.ended', {
    run,
    state: endings[end.state] ?? end.state,
    reason: answer.refused.replace(/\.$/, ''),
  });
}

const endings: Partial<Record<RunState, string>> = {
  failed: 'has failed',
  cancelled: 'was cancelled',
  expired: 'has expired',
};

function rest({ delivery: { id } }: Carrying, ms: number): Failure {
  return new Failure('queue.early', { id, ms: Math.ceil(ms) });
}

function deliveryOf({ job, delivery: { id, foreign } }: Carrying): string {
  return foreignDelivery({ queue: job.name, id, timestamp: foreign.timestamp });
}

/** Writes the run, or finds it. Data that Postgres cannot take is left out, and its run has failed. */
async function adopt(services: AttemptServices, carrying: Carrying): Promise<AdoptedRun> {
  const checked = check(services, carrying);
  try {
    return await write(services, carrying, checked);
  } catch (error) {
    if (mayPass(error)) throw error;
    return write(services, carrying, { payload: null, error: describeError(error) });
  }
}

interface Checked {
  readonly payload: unknown;
  readonly error?: RunError;
}

function check({ catalogue }: AttemptServices, { job, delivery }: Carrying): Checked {
  const { data } = delivery.foreign;
  try {
    return { payload: checkPayload(job, data, catalogue.payloadLimit) };
  } catch (error) {
    // What is too large, or nested too deep for any JSON, is not kept.
    const keeps = isFailure(error, 'payload.invalid') && isJson(data);
    return { payload: keeps ? data : null, error: describeError(error) };
  }
}

function isJson(data: unknown): boolean {
  try {
    return JSON.stringify(data) !== undefined;
  } catch {
    return false;
  }
}

/** As many as a person can make use of; BullMQ sets no limit to either. */
const longestName = 200;

/** BullMQ's last priority is one more than ours, and it takes any number. */
function priorityOf({ priority }: ForeignJob): number {
  return Number.isInteger(priority) ? Math.min(Math.max(priority, 0), 2_097_151) : 0;
}

async function write(
  { ledger, announcements }: AttemptServices,
  { job, delivery: { id, foreign }, ...rest }: Carrying,
  { payload, error }: Checked,
): Promise<AdoptedRun> {
  const run: NewRun = {
    ...newRun(job, payload, { priority: priorityOf(foreign) }),
    delivery: deliveryOf({ job, delivery: { id, runs: [], foreign }, ...rest }),
  };
  const adopted = await ledger.adopt({
    run,
    jobId: id.slice(0, longestName),
    jobName: foreign.name.slice(0, longestName),
    ...(error && { error }),
  });
  if (adopted.isNew && error) announceRefusal(announcements, run, error);
  return adopted;
}
