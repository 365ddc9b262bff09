import { setTimeout as sleep } from 'node:timers/promises';
import type { TransactionalSql } from '../../src/core/sql.ts';
import { findRun, retryRun } from '../../src/ledger/index.ts';
import type { Queues } from '../../src/queue/index.ts';
import { cancel } from '../../src/runtime/index.ts';
import type { Tell } from './journal.ts';
import type { Meddling } from './offer.ts';

export interface MeddlingServices {
  readonly tell: Tell;
  readonly sql: TransactionalSql;
  readonly queues: Queues;
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
    tell({ kind: 'cancelling', run });
    const isDone = await attempt(() => cancel({ sql, queues }, { id: run, reason: 'chaos' }));
    if (!isDone) return;
    tell({ kind: 'cancelled', run });
    if (plan.retriesCancelled) await retry(services, run);
  } else if (plan.retries) {
    await sleep(3000);
    await retry(services, run);
  }
}

async function retry({ tell, sql }: MeddlingServices, run: string): Promise<void> {
  tell({ kind: 'retrying', run });
  if (await attempt(() => retryRun(sql, run))) tell({ kind: 'retried', run });
}

/** As a relay does that had died between its dispatch and its note of it. */
async function dispatchAgain({ tell, sql, queues }: MeddlingServices, run: string): Promise<void> {
  const { job, delivery } = await findRun(sql, run);
  tell({ kind: 'doubled', run });
  await queues.dispatch({ job, delivery, runs: [run] });
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
