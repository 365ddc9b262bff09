import { type ClaimedRun, type Ledger, newDelivery } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { dispatchOrPost } from './dispatch.ts';

/** Long enough that a worker that keeps getting the run does little else meanwhile. */
const delayMs = 30_000;

/** Queues a claimed run again, whose job this worker lacks, for one that knows it. It counts as no failure. */
export async function giveBackLacking(
  { ledger, queues }: { readonly ledger: Ledger; readonly queues: Queues },
  { run: id, job, delivery, attempt, failures, priority }: ClaimedRun,
): Promise<void> {
  const nextDelivery = newDelivery();
  const isHeld = await ledger.record({
    fence: { run: id, delivery, attempt },
    outcome: {
      state: 'queued',
      why: 'given back',
      delayMs,
      error: {
        name: 'GiveBack',
        message: `the worker lacks the job ${job}; the run goes to another`,
      },
      failures,
    },
    nextDelivery,
  });
  if (!isHeld) return;
  const run = { id, job, delivery: nextDelivery, priority, delayMs };
  await dispatchOrPost({ queues, sql: ledger.database }, run);
}
