import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import { cleanJson, cleanText } from '../core/clean.ts';
import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { readUniqueness, type UniquenessOptions } from '../core/uniqueness.ts';
import {
  type Accepted,
  acceptKeyed,
  type KeyedRun,
  type KeyPlace,
  type Ledger,
  type NewRun,
  sweepKeys,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { dispatchOrPost } from './dispatch.ts';
import type { Gates } from './gate.ts';
import { asSql, type CallersTransaction } from './tx.ts';

/** The run with the key that the options give it, or as it is where they give none. Throws what `readUniqueness` does. */
export function giveKey(run: NewRun, options: UniquenessOptions): NewRun | KeyedRun {
  const { delayMs = 0, expiresMs = Number.POSITIVE_INFINITY, payload } = run;
  const payloadKey = () => hashPayload(payload);
  const uniqueness = readUniqueness(options, { delayMs, expiresMs, payloadKey });
  if (!uniqueness) return run;
  const keyed = { ...run, uniqueness: { ...uniqueness, key: cleanText(uniqueness.key) } };
  return uniqueness.rule === 'unique' ? keyed : { ...keyed, bundle: 1 };
}

/** True for a run whose key decides whether it is accepted. */
export function isKeyed(run: NewRun): run is KeyedRun {
  return run.uniqueness !== undefined;
}

/** What became of an offer: its own run, or one that was there and has its key. */
export type Offered = Pick<Accepted, 'id' | 'existing'>;

export interface KeyedServices {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly gates?: Pick<Gates, 'wake'>;
}

/**
 * Accepts the runs, or lets them join those that have their keys, and dispatches what begins by it; with `tx` in
 * the caller's transaction, which leaves that to the relay. Throws `unique.busy`, or with `tx` `unique.deadlock`.
 */
export async function offerKeyed(
  { ledger, queues, gates }: KeyedServices,
  runs: readonly KeyedRun[],
  options: { readonly tx?: CallersTransaction },
): Promise<Offered[]> {
  if ('tx' in options) return (await acceptIn(asSql(options.tx), runs)).map(toOffered);
  const accepted =
    runs.length === 1 ? [await ledger.acceptKeyed(runs[0]!)] : await ledger.acceptManyKeyed(runs);
  if (runs[0]!.gate) gates?.wake(runs[0]!.job);
  const toSend = accepted.flatMap(({ delivery, ...run }, i) =>
    delivery ? [{ ...run, delivery, job: runs[i]!.job }] : [],
  );
  if (toSend.length > 0) await dispatchOrPost({ queues, sql: ledger.database }, ...toSend);
  return accepted.map(toOffered);
}

async function acceptIn(tx: Sql, runs: readonly KeyedRun[]): Promise<Accepted[]> {
  try {
    return await acceptKeyed(tx, runs, { posts: true });
  } catch (error) {
    if ((error as { code?: unknown }).code !== deadlockDetected) throw error;
    const { job, uniqueness } = runs[0]!;
    throw new Failure('unique.deadlock', { job, rule: uniqueness.rule }, error);
  }
}

const deadlockDetected = '40P01';

const page = 5000;
const pagesPerPass = 20;
const beforeAll = ['', '', ''] as const;

/** The duty that deletes keys which stand in nobody's way any more; each pass goes on where the last one ended. */
export function uniqueKeysDuty(sql: Sql): Duty & { run(): Promise<{ deleted: number }> } {
  let place: KeyPlace = beforeAll;
  return {
    name: 'unique-keys',
    periodSeconds: 60,
    async run() {
      let all = 0;
      for (let pages = 0; pages < pagesPerPass; pages++) {
        const { deleted, next } = await sweepKeys(sql, place, page);
        all += deleted;
        place = next ?? beforeAll;
        if (!next) break;
      }
      return { deleted: all };
    },
  };
}

function toOffered({ id, existing }: Accepted): Offered {
  return { id, existing };
}

function hashPayload(payload: unknown): string {
  const text = canonicalJson(JSON.parse(cleanJson(payload)));
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
