import type { CancelledRun } from '../../ledger/index.ts';
import type { Queues } from '../../queue/index.ts';
import { orAway } from '../lost.ts';

/** Takes the deliveries of cancelled runs out of their queues. One that stays behind does no harm: its claim is refused. */
export async function withdrawRuns(queues: Queues, runs: readonly CancelledRun[]): Promise<void> {
  for (const { job, delivery } of runs) await orAway(() => queues.withdraw(job, delivery));
}
