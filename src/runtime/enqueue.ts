import type { Author } from '../core/audit.ts';
import { shareDeliveries } from '../core/bundle.ts';
import { durationMs } from '../core/duration.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { aboutBytes } from '../core/json-size.ts';
import { formatBytes } from '../core/size.ts';
import type { Sql } from '../core/sql.ts';
import type { UniquenessOptions } from '../core/uniqueness.ts';
import {
  acceptIn,
  insertRuns,
  type Ledger,
  type NewRun,
  newDelivery,
  newId,
  type RequestKey,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type BatchAnswer } from './batch-accept.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { dispatchOrPost } from './dispatch.ts';
import type { Gates } from './gate.ts';
import { type BatchOptions, offerBatch, placeBatch } from './offer-batch.ts';
import { placeRun } from './run-key.ts';
import { asSql, type CallersTransaction } from './tx.ts';
import { giveKey, isKeyed, type Offered, offerKeyed } from './uniqueness.ts';

export interface EnqueueOptions extends UniquenessOptions {
  /** Milliseconds until it may run. */
  readonly delayMs?: number;
  /** 0 is first; a larger number is later. */
  readonly priority?: number;
  /** Milliseconds, from when it may run, after which it does not begin any more; else as the job says. */
  readonly expiresMs?: number;
  /** Whose run it is, where the job's limits go by that; wins over the job's own `key` function. */
  readonly key?: string;
  /** Joins this open transaction: the run is accepted when it commits, and is not when it rolls back. */
  readonly tx?: CallersTransaction;
  /** Accepts it once for all requests with this key, in 24 h: the others are answered what the first was. */
  readonly once?: RequestKey;
  /** Who asks for it: the audit log tells of it, in the same commit. */
  readonly by?: Author;
}

/** One run of a batch of runs of any jobs; `index` is its place in what was asked for. */
export interface BatchedRun {
  readonly index: number;
  readonly job: string;
  readonly payload: unknown;
  readonly options: Omit<EnqueueOptions, 'tx' | 'once'>;
}

export interface Enqueuer {
  /**
   * Resolves to the run's id once the run is committed, whatever the state of the queue; with `tx`, once it
   * is written there. With `unique`, `debounce` or `throttle` it may be the id of a run that was there already.
   * Throws `job.unknown`, `payload.invalid`, `payload.too_large`, `run.key`, `run.key_failed`, `run.no_week`, a
   * `unique.*` failure, `queue.full` or `ledger.overloaded`, and then nothing is kept; after `database.unreachable` the
   * run may be there all the same, if only the answer to its commit was lost.
   */
  enqueue(job: string, payload: unknown, options?: EnqueueOptions): Promise<string>;
  /**
   * Accepts a run for each payload, all or none, in one commit. Resolves to their ids, in order. Throws what
   * `enqueue` throws, and `enqueue.too_many` or `enqueue.too_large`.
   */
  enqueueMany(
    job: string,
    payloads: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<string[]>;
  /** `enqueue`, which also tells whether the run was there already, and whether its request was. */
  offer(
    job: string,
    payload: unknown,
    options?: EnqueueOptions,
  ): Promise<Offered & { readonly replayed?: boolean }>;
  /** `enqueueMany`, which also tells of each whether its run was there already. */
  offerMany(
    job: string,
    payloads: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<Offered[]>;
  /**
   * Accepts runs of any jobs in one commit, all or none, or with `partial` those that can be. Throws
   * `batch.refused` with `details.list`, `enqueue.too_large`, `idempotency.reused`, and what `enqueue` throws about
   * queue and database.
   */
  offerBatch(
    runs: readonly BatchedRun[],
    options: BatchOptions,
  ): Promise<BatchAnswer & { readonly replayed: boolean }>;
}

export interface EnqueueServices {
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly queues: Queues;
  /** Absent: a run of a job with limits waits until another process lets it go. */
  readonly gates?: Pick<Gates, 'wake'>;
}

/** Runs that `enqueueMany` takes at once, and about so many bytes of JSON: they go in one statement. */
const most = 10_000;
const mostBytes = 64 * 1024 ** 2;

export function openEnqueuer(services: EnqueueServices): Enqueuer {
  const { catalogue, ledger, queues } = services;

  async function dispatch(runs: readonly NewRun[], delayMs = 0): Promise<void> {
    const dispatchable = runs.map((run) => ({ ...run, delayMs }));
    await dispatchOrPost({ queues, sql: ledger.database }, ...dispatchable);
  }

  function prepare(name: string, payload: unknown, options: EnqueueOptions): NewRun {
    const job = catalogue.find(name);
    const fixed = checkOptions(options);
    const stored = checkPayload(job, payload, catalogue.payloadLimit);
    return giveKey(newRun(job, stored, fixed), options);
  }

  async function offer(name: string, payload: unknown, options: EnqueueOptions = {}) {
    const run = prepare(name, payload, options);
    if (options.once) {
      const { answer, replayed } = await placeBatch(services, [{ index: 0, run }], options);
      const { id, existing } = answer.accepted[0]!;
      return { id, existing, replayed };
    }
    if (isKeyed(run)) return (await offerKeyed(services, [run], options))[0]!;
    if ('tx' in options) {
      await acceptIn(asSql(options.tx), [run]);
    } else if (run.gate) {
      await ledger.acceptGated(run);
      services.gates?.wake(name);
    } else {
      const bundle = await ledger.accept(run);
      if (bundle[0]!.id === run.id) await dispatch(bundle, options.delayMs);
    }
    return { id: run.id, existing: false };
  }

  async function offerMany(
    name: string,
    payloads: readonly unknown[],
    options: EnqueueOptions = {},
  ) {
    const job = catalogue.find(name);
    const fixed = checkOptions(options);
    const stored = checkPayloads(job, payloads, catalogue.payloadLimit);
    const runs = shareDeliveries(
      stored.map((payload) => giveKey(newRun(job, payload, fixed), options)),
    );
    if (runs.length === 0) return [];
    if (runs.every(isKeyed)) return offerKeyed(services, runs, options);
    if ('tx' in options) {
      await acceptIn(asSql(options.tx), runs);
    } else if (runs[0]!.gate) {
      await ledger.database.transaction((tx) => acceptIn(tx, runs));
      services.gates?.wake(name);
    } else {
      await insertRuns(ledger.database, runs);
      await dispatch(runs, options.delayMs);
    }
    return runs.map(({ id }) => ({ id, existing: false }));
  }

  return {
    enqueue: async (...run) => (await offer(...run)).id,
    enqueueMany: async (...runs) => (await offerMany(...runs)).map(({ id }) => id),
    offer,
    offerMany,
    offerBatch: (runs, options) => {
      const items = runs.map(({ index, job, payload, options: given }) => ({
        index,
        prepare: () => prepare(job, payload, given),
      }));
      return offerBatch(services, items, options);
    },
  };
}

const longestDays = 3650;
const lastPriority = 2_097_151;

/** What the options come to, in the words of the ledger; throws `run.far`, `run.priority` or `run.expires`. */
export function checkOptions({
  delayMs = 0,
  priority = 0,
  expiresMs,
  key,
  by,
}: EnqueueOptions): Pick<NewRun, 'priority' | 'delayMs' | 'expiresMs' | 'key' | 'acceptedBy'> {
  const days = Math.round(delayMs / 86_400_000);
  if (!(days <= longestDays)) throw new Failure('run.far', { days, most: longestDays });
  if (!Number.isInteger(priority) || priority < 0 || priority > lastPriority)
    throw new Failure('run.priority', { priority, last: lastPriority });
  if (expiresMs !== undefined && !(expiresMs > 0 && Number.isFinite(expiresMs)))
    throw new Failure('run.expires', { ms: expiresMs });
  return {
    priority,
    ...(delayMs > 0 && { delayMs }),
    ...(expiresMs !== undefined && { expiresMs }),
    ...(key !== undefined && { key }),
    ...(by && { acceptedBy: by }),
  };
}

const faultsTold = 10;

/** Every payload as it is stored; `payload.invalid` tells which are wrong, and how. Throws `enqueue.too_many` and `enqueue.too_large`, too. */
function checkPayloads(job: AnyJob, payloads: readonly unknown[], limit: number): unknown[] {
  if (payloads.length > most)
    throw new Failure('enqueue.too_many', { count: payloads.length, most });
  const faults: string[] = [];
  let bytes = 0;
  const stored = payloads.map((payload, at) => {
    try {
      const checked = checkPayload(job, payload, limit);
      bytes += aboutBytes(checked, mostBytes);
      if (at > 0 && bytes > mostBytes) throw tooLarge(at, payloads.length);
      return checked;
    } catch (error) {
      if (!isFailure(error, 'payload.invalid')) throw error;
      return void faults.push(`payload ${at}: ${String(error.details['faults'])}`);
    }
  });
  if (faults.length === 0) return stored;
  const rest = faults.length > faultsTold ? [`and ${faults.length - faultsTold} more`] : [];
  throw new Failure('payload.invalid', {
    job: job.name,
    faults: [...faults.slice(0, faultsTold), ...rest].join('; '),
  });
}

function tooLarge(fitting: number, count: number): Failure {
  return new Failure('enqueue.too_large', { count, fitting, most: formatBytes(mostBytes) });
}

/** Accepts a run inside the caller's transaction; once that is committed, the relay or its gate lets it go. */
export async function enqueueIn(tx: Sql, run: NewRun): Promise<void> {
  await acceptIn(tx, [run]);
}

/**
 * A run of `job` with fresh ids; it expires as its job says, is of its version, and has the key that its job finds,
 * unless `options` say it. Throws `run.key` or `run.key_failed`.
 */
export function newRun(
  job: AnyJob,
  payload: unknown,
  options: Omit<NewRun, 'id' | 'delivery' | 'job' | 'version' | 'payload'> & {
    readonly version?: number;
  },
): NewRun {
  return {
    id: newId(),
    delivery: newDelivery(),
    job: job.name,
    version: job.version,
    payload,
    bundle: job.bundle.max,
    ...(job.expires !== undefined && { expiresMs: durationMs(job.expires) }),
    ...options,
    ...placeRun(job, { payload, version: options.version ?? job.version }, options.key),
  };
}
