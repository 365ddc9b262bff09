import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/errors.ts';
import { aboutBytes } from '../core/json-size.ts';
import { formatBytes } from '../core/size.ts';
import type { Sql } from '../core/sql.ts';
import type { NewRun, RequestKey } from '../ledger/index.ts';
import {
  acceptBatch,
  type BatchAnswer,
  byIndex,
  type Placed,
  type Refusal,
  type Sending,
  toRefusal,
} from './batch-accept.ts';
import { dispatchOrPost } from './dispatch.ts';
import { doOnce, type Once } from './once.ts';
import { isKeyed, type KeyedServices } from './uniqueness.ts';

/** One run of a batch: its place in what is asked for, and the run, which throws what is wrong with it. */
export interface BatchItem {
  readonly index: number;
  readonly prepare: () => NewRun;
}

export interface BatchOptions {
  /** Accepts what can be accepted, instead of all or nothing. */
  readonly partial?: boolean;
  /** Refused already, by whoever read the request. */
  readonly refused?: readonly Refusal[];
  readonly once?: RequestKey | undefined;
}

/** Runs in a batch at the most, and about so many bytes of JSON: each job's go in one statement. */
export const batchMost = 10_000;
const batchMostBytes = 64 * 1024 ** 2;

/** Accepts runs of any jobs in one commit: all or none (`batch.refused`), or those that can be. */
export async function offerBatch(
  services: KeyedServices,
  items: readonly BatchItem[],
  { partial = false, refused: known = [], once }: BatchOptions,
): Promise<BatchAnswer & { readonly replayed: boolean }> {
  const { placed, refused } = prepareAll(items);
  const faults = byIndex([...known, ...refused]);
  if (!partial && faults.length > 0) throw refuseAll(faults, items.length + known.length);
  const { answer, replayed } = await placeBatch(services, placed, { partial, once });
  return { ...answer, refused: byIndex([...faults, ...answer.refused]), replayed };
}

/** Accepts runs that were checked, in one commit, and dispatches what it may. */
export async function placeBatch(
  services: KeyedServices,
  placed: readonly Placed[],
  { partial = false, once }: Pick<BatchOptions, 'partial' | 'once'>,
): Promise<Once<BatchAnswer>> {
  const toSend: Sending[] = [];
  const done = await patiently(placed, () => {
    toSend.length = 0;
    const work = (tx: Sql) => acceptBatch(tx, { placed, partial, toSend });
    return doOnce(services.ledger.database, once, work);
  });
  if (!done.replayed) await send(services, placed, toSend);
  return done;
}

function prepareAll(items: readonly BatchItem[]): { placed: Placed[]; refused: Refusal[] } {
  const placed: Placed[] = [];
  const refused: Refusal[] = [];
  let bytes = 0;
  for (const { index, prepare } of items) {
    try {
      const run = prepare();
      bytes += aboutBytes(run.payload, batchMostBytes);
      if (bytes > batchMostBytes && placed.length > 0) throw tooLarge(placed.length, items.length);
      placed.push({ index, run });
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'enqueue.too_large') throw error;
      refused.push(toRefusal(index, error));
    }
  }
  return { placed, refused };
}

function tooLarge(fitting: number, count: number): Failure {
  return new Failure('enqueue.too_large', { count, fitting, most: formatBytes(batchMostBytes) });
}

const faultsTold = 10;

function refuseAll(refused: readonly Refusal[], count: number): Failure {
  const told = refused.slice(0, faultsTold).map(({ index, detail }) => `runs.${index}: ${detail}`);
  const rest = refused.length > faultsTold ? [`and ${refused.length - faultsTold} more`] : [];
  const faults = [...told, ...rest].join('; ').replace(/\.$/, '');
  return new Failure('batch.refused', { refused: refused.length, count, faults, list: refused });
}

const pauseMs = 50;
const longestSeconds = 30;

/** Again, while somebody's open transaction has a key of these: nothing is held meanwhile. */
async function patiently<T>(placed: readonly Placed[], work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + longestSeconds * 1000; ; ) {
    try {
      return await work();
    } catch (error) {
      const keyed = placed.find(({ run }) => isKeyed(run))?.run;
      if (!keyed?.uniqueness || !passes(error)) throw error;
      const { job, uniqueness } = keyed;
      if (performance.now() > until)
        throw new Failure('unique.busy', { job, ...uniqueness, seconds: longestSeconds }, error);
      await sleep(pauseMs);
    }
  }
}

/** Another transaction has the key, or waits for one of ours. */
function passes(error: unknown): boolean {
  return ['55P03', '40P01'].includes(String((error as { code?: unknown }).code));
}

async function send(
  { queues, ledger, gates }: KeyedServices,
  placed: readonly Placed[],
  toSend: readonly Sending[],
): Promise<void> {
  for (const job of new Set(placed.filter(({ run }) => run.gate).map(({ run }) => run.job)))
    gates?.wake(job);
  if (toSend.length > 0) await dispatchOrPost({ queues, sql: ledger.database }, ...toSend);
}
