import { type Http, type HttpOptions, openHttp } from './http.ts';
import type { AnyJobs, EnqueueOptions, JobName, JobTypes, PayloadOf, ResultOf } from './jobs.ts';
import { isProblem, NightshiftError } from './problem.ts';
import { hasEnded, type Run } from './run.ts';
import type { RunEvent } from './run-event.ts';
import { type StreamOptions, streamRun } from './stream.ts';
import { requireTimeout } from './timeout.ts';
import { enqueueInTransaction, type Transaction } from './transaction.ts';

export type ClientOptions = HttpOptions;

/** What a call may be told beside what it does. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of one of the client's own: for a call that a later process may have to make again. */
  readonly idempotencyKey?: string;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** After so long it throws `client.timeout`; by default it waits as long as the run takes. */
  readonly timeoutMs?: number;
}

/** Nightshift for another app. Every call throws `ProblemError` with the server's code, or `NightshiftError`. */
export interface Client<Jobs extends JobTypes = AnyJobs> {
  /** Resolves to the run's id once it is committed. With `unique` and the like it may be one that was there already. */
  enqueue<Name extends JobName<Jobs>>(
    job: Name,
    payload: PayloadOf<Jobs, Name>,
    options?: EnqueueOptions & CallOptions,
  ): Promise<string>;
  /** A run for each payload, all or none, in one commit; their ids, in order. */
  enqueueMany<Name extends JobName<Jobs>>(
    job: Name,
    payloads: readonly PayloadOf<Jobs, Name>[],
    options?: EnqueueOptions & CallOptions,
  ): Promise<string[]>;
  /**
   * Accepts a run in the caller's own transaction, straight in the database of Nightshift: it is there when that
   * commits, and is not when it rolls back. The payload is checked when the run begins.
   */
  enqueueIn<Name extends JobName<Jobs>>(
    tx: Transaction,
    job: Name,
    payload: PayloadOf<Jobs, Name>,
    options?: EnqueueOptions,
  ): Promise<string>;
  /** The run as it is now. */
  find<Name extends JobName<Jobs> = JobName<Jobs>>(
    id: string,
    options?: Pick<CallOptions, 'signal'>,
  ): Promise<Run<ResultOf<Jobs, Name>>>;
  /** The run once it has ended, however it did, with its whole result. */
  wait<Name extends JobName<Jobs> = JobName<Jobs>>(
    id: string,
    options?: WaitOptions,
  ): Promise<Run<ResultOf<Jobs, Name>>>;
  /** What happens to a run, as it happens, until its end. */
  stream(id: string, options?: StreamOptions): AsyncIterable<RunEvent>;
  /** Ends a run; one that is cancelled already is answered, one that ended otherwise is `run.finished`. */
  cancel(
    id: string,
    options?: Pick<CallOptions, 'signal'> & { readonly reason?: string },
  ): Promise<Run>;
}

/** A client of the server at `url`. It keeps nothing open between calls. */
export function openClient<Jobs extends JobTypes = AnyJobs>(options: ClientOptions): Client<Jobs> {
  const http = openHttp(options);
  const client = {
    async enqueue(job: string, payload: unknown, given: EnqueueOptions & CallOptions = {}) {
      const { signal, idempotencyKey, ...rest } = given;
      const { id } = await http.call<{ id: string }>({
        ...create(idempotencyKey),
        path: '/runs',
        body: { job, payload, ...rest },
        signal,
      });
      return id;
    },

    async enqueueMany(
      job: string,
      payloads: readonly unknown[],
      given: EnqueueOptions & CallOptions = {},
    ) {
      const { signal, idempotencyKey, ...rest } = given;
      if (payloads.length === 0) return [];
      const { accepted } = await http.call<{ accepted: { index: number; id: string }[] }>({
        ...create(idempotencyKey),
        path: '/runs/batch',
        body: { runs: payloads.map((payload) => ({ job, payload, ...rest })) },
        signal,
      });
      return [...accepted].sort((a, b) => a.index - b.index).map(({ id }) => id);
    },

    // oxlint-disable-next-line max-params -- `enqueue` with the transaction before it
    enqueueIn: (tx: Transaction, job: string, payload: unknown, options: EnqueueOptions = {}) =>
      enqueueInTransaction(tx, { job, payload, options }),
    find: (id: string, { signal }: Pick<CallOptions, 'signal'> = {}) => findRun(http, id, signal),
    wait: (id: string, options: WaitOptions = {}) => waitForEnd(http, id, options),
    stream: (id: string, options?: StreamOptions) => streamRun(http, id, options),
    cancel: (id: string, options: { signal?: AbortSignal; reason?: string } = {}) =>
      cancelRun(http, id, options),
  };
  return client as Client<Jobs>;
}

/** What makes a call that creates something safe to make again: the server carries it out once. */
function create(idempotencyKey: string = crypto.randomUUID()) {
  return {
    method: 'POST',
    headers: { 'idempotency-key': idempotencyKey },
  } as const;
}

function findRun(http: Http, id: string, signal?: AbortSignal): Promise<Run> {
  return http.call<Run>({
    method: 'GET',
    path: `/runs/${encodeURIComponent(id)}`,
    signal,
  });
}

async function waitForEnd(
  http: Http,
  id: string,
  { signal, timeoutMs }: WaitOptions,
): Promise<Run> {
  const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(requireTimeout(timeoutMs));
  const signals = [signal, late].filter((one) => one !== undefined);
  const either = AbortSignal.any(signals);
  try {
    for await (const { type } of streamRun(http, id, { signal: either })) if (type === 'end') break;
    return await withWholeResult(http, await findRun(http, id, either), either);
  } catch (error) {
    if (!late?.aborted || signal?.aborted) throw error;
    const message = `Run ${id} has not ended within ${timeoutMs} ms; it goes on, and can be waited for again.`;
    throw new NightshiftError('client.timeout', message, error);
  }
}

/** A result that is too large for the run's row is asked for by itself. */
async function withWholeResult(http: Http, run: Run, signal: AbortSignal): Promise<Run> {
  if (!hasEnded(run) || !run.artifact) return run;
  const path = `/runs/${encodeURIComponent(run.id)}/result`;
  return { ...run, result: await http.call({ method: 'GET', path, signal }) };
}

/** The answer to the first try may have been lost, so that to be cancelled already is as good. */
async function cancelRun(
  http: Http,
  id: string,
  { signal, reason }: { readonly signal?: AbortSignal; readonly reason?: string },
): Promise<Run> {
  try {
    return await http.call<Run>({
      method: 'POST',
      path: `/runs/${encodeURIComponent(id)}/cancel`,
      body: { ...(reason !== undefined && { reason }) },
      signal,
    });
  } catch (error) {
    if (!isProblem(error, 'run.finished')) throw error;
    const run = await findRun(http, id, signal);
    if (run.state === 'cancelled') return run;
    throw error;
  }
}
