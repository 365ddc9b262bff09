import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../src/core/errors.ts';
import { isFinal } from '../../src/core/run.ts';
import type { Sql, TransactionalSql } from '../../src/core/sql.ts';
import { findRun, newId, retryRun } from '../../src/ledger/index.ts';
import type { Queues } from '../../src/queue/index.ts';
import { type Catalogue, cancel, replay } from '../../src/runtime/index.ts';
import type { Tell } from './journal.ts';
import type { Meddling } from './offer.ts';

export interface MeddlingServices {
  readonly tell: Tell;
  readonly sql: TransactionalSql;
  readonly queues: Queues;
  readonly catalogue: Catalogue;
}

/** Does to the run what is planned; whatever is refused, or not answered, is left. */
export async function meddle(
  services: MeddlingServices,
  run: string,
  plan: Meddling,
): Promise<void> {
  const { tell, sql, queues } = services;
  await sleep(plan.afterMs);
  if (plan.doubles) await attempt(() => dispatchAgain(services, run));
  if (plan.cancels) {
    // Half of them where somebody is at it.
    if (plan.afterMs % 2 === 0) await untilBegun(sql, run);
    tell({ kind: 'cancelling', run });
    const isDone = await attempt(() => cancel({ sql, queues }, { id: run, reason: 'chaos' }));
    if (!isDone) return;
    tell({ kind: 'cancelled', run });
    if (plan.retriesCancelled) await retry(services, run);
  } else if (plan.replays) {
    await sleep(3000);
    await replayRun(services, run);
  } else if (plan.retries) {
    await sleep(3000);
    await retry(services, run);
  }
}

/** Waits for the run to begin, and for a moment in its midst; no longer than a load goes on. */
async function untilBegun(sql: Sql, run: string): Promise<void> {
  for (let looks = 0; looks < 50; looks++) {
    const state = await findRun(sql, run).then(
      (found) => found.state,
      () => undefined,
    );
    if (state !== undefined && state !== 'queued') return;
    await sleep(200);
  }
}

async function retry({ tell, sql }: MeddlingServices, run: string): Promise<void> {
  tell({ kind: 'retrying', run });
  if (await attempt(() => retryRun(sql, run))) tell({ kind: 'retried', run });
}

/** With a payload of its own: that is one more offer. */
async function replayRun({ tell, sql, catalogue }: MeddlingServices, id: string): Promise<void> {
  const mark = newId();
  const began = performance.now();
  const places = { database: sql, catalogue };
  try {
    const { job, state } = await findRun(sql, id);
    if (!isFinal(state)) return;
    tell({ kind: 'offered', mark, job, delayMs: 0 });
    const run = await replay(places, { id, payload: { ms: 0, mark } });
    tell({ kind: 'accepted', mark, run, job });
  } catch (error) {
    const says = nameError(error);
    tell({ kind: 'refused', mark, says, tookMs: performance.now() - began });
  }
}

/** As a relay does that had died between its dispatch and its note of it. */
async function dispatchAgain({ tell, sql, queues }: MeddlingServices, run: string): Promise<void> {
  const { job, delivery } = await findRun(sql, run);
  tell({ kind: 'doubled', run });
  await queues.dispatch({ job, delivery, runs: [run] });
}

/** The code of a failure, or what else was thrown. */
export function nameError(error: unknown): string {
  return error instanceof Failure ? error.code : String(error);
}

/** False when it was refused or nobody answered; then it may have happened or not. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefined) return false;
    throw error;
  }
}
