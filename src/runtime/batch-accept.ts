import { shareDeliveries } from '../core/bundle.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { acceptKeyed, type NewRun, placeRuns } from '../ledger/index.ts';
import { isKeyed, type Offered } from './uniqueness.ts';

/** Why a run of a batch was not accepted; `index` is its place in what was asked for, from 0. */
export interface Refusal {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
}

export interface BatchAnswer {
  readonly accepted: readonly (Offered & { readonly index: number })[];
  readonly refused: readonly Refusal[];
}

/** A run that may be accepted, and its place in the batch. */
export interface Placed {
  readonly index: number;
  readonly run: NewRun;
}

/** What a queue is to hear of once the transaction is committed. */
export type Sending = Pick<NewRun, 'id' | 'job' | 'delivery' | 'priority'> & {
  readonly delayMs: number;
};

interface Accepting {
  readonly placed: readonly Placed[];
  readonly partial: boolean;
  readonly toSend: Sending[];
}

/** Accepts them in `tx`, in the order of the jobs' names, and the plain ones before those with keys: two that wait for one another would be a deadlock. */
export async function acceptBatch(
  tx: Sql,
  { placed, partial, toSend }: Accepting,
): Promise<BatchAnswer> {
  const groups = Map.groupBy(placed, ({ run }) => `${run.job} ${isKeyed(run)}`);
  const accepted: (Offered & { index: number })[] = [];
  const refused: Refusal[] = [];
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let rest = group;
    let full: Failure | undefined;
    // With `partial` as many as there is room for, in order: halves find how many, each try in a savepoint.
    for (let size = group.length; rest.length > 0 && size > 0; ) {
      const part = rest.slice(0, size);
      const found = await tryPart(tx, part, partial);
      if (found instanceof Failure) {
        full = found;
        size = Math.floor(Math.min(size, rest.length) / 2);
        continue;
      }
      accepted.push(...found.offered);
      toSend.push(...found.toSend);
      rest = rest.slice(size);
    }
    for (const { index } of rest) refused.push(toRefusal(index, full!));
  }
  return { accepted: byIndex(accepted), refused };
}

interface Part {
  readonly offered: (Offered & { index: number })[];
  readonly toSend: readonly Sending[];
}

/** The runs accepted, or with `partial` the failure that their queue is full, and then none of them. */
async function tryPart(
  tx: Sql,
  part: readonly Placed[],
  partial: boolean,
): Promise<Part | Failure> {
  if (!partial) return acceptPart(tx, part);
  await tx.query('savepoint batch_part');
  try {
    const accepted = await acceptPart(tx, part);
    await tx.query('release savepoint batch_part');
    return accepted;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'queue.full') throw error;
    await tx.query('rollback to savepoint batch_part');
    return error;
  }
}

const patienceMs = 100;

async function acceptPart(tx: Sql, part: readonly Placed[]): Promise<Part> {
  const runs = shareDeliveries(part.map(({ run }) => run));
  if (!runs.every(isKeyed)) {
    const free = await placeRuns(tx, runs);
    return {
      offered: part.map(({ index, run: { id } }) => ({ index, id, existing: false })),
      toSend: free.map((run) => ({ ...run, delayMs: run.delayMs ?? 0 })),
    };
  }
  const answers = await acceptKeyed(tx, runs, { posts: false, patienceMs });
  return {
    offered: answers.map(({ id, existing }, i) => ({ index: part[i]!.index, id, existing })),
    toSend: answers.flatMap(({ delivery, ...answer }, i) =>
      delivery ? [{ ...answer, delivery, job: runs[i]!.job }] : [],
    ),
  };
}

/** Why the run at this place is not accepted. */
export function toRefusal(index: number, { code, message }: Failure): Refusal {
  return { index, code, detail: message };
}

/** In the order in which they were asked for. */
export function byIndex<Item extends { readonly index: number }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => a.index - b.index);
}
