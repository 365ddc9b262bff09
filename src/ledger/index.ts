import { runs } from './migrations/0001-runs.ts';
import { enqueue } from './migrations/0002-enqueue.ts';
import { control } from './migrations/0003-control.ts';
import { ends } from './migrations/0004-ends.ts';
import { installation } from './migrations/0005-installation.ts';

export { acceptRuns, insertOutbox, insertRuns, type NewRun, newId } from './accept.ts';
export {
  type Bulk,
  carryOutBatch,
  findBulk,
  forgetBulks,
  insertBulk,
  listIdleBulks,
  type NewBulk,
  previewBulk,
} from './bulks.ts';
export { type CancelledRun, cancelRun } from './cancel.ts';
export type { ClaimedRun, Early, Fence } from './claim.ts';
export * from './dispatchable.ts';
export { expireRuns } from './expiry.ts';
export { type FailureGroup, listFailures } from './failures.ts';
export { enterInstallation, findInstallation } from './installation.ts';
export { type Ledger, openLedger } from './ledger.ts';
export { type LogLine, listLogs } from './logs.ts';
export * from './orphans.ts';
export * from './outbox.ts';
export { ensurePartitions, findOldestRuns } from './partitions.ts';
export * from './queues.ts';
export * from './rescue.ts';
export { type Retired, retireRuns } from './retention.ts';
export { retryRun } from './retry.ts';
export {
  bringForward,
  findRun,
  listPastAttempts,
  listReplays,
  listRuns,
  type PastAttempt,
} from './runs.ts';
export * from './schedules.ts';
export { plantSettings } from './settings.ts';
export { holdRun, listFenced, listSteps, type NewStep, recordStep, type Step } from './steps.ts';
export * from './unknown-jobs.ts';
export * from './workers.ts';

/** The ledger's migrations, by name. */
export const ledgerMigrations = {
  'ledger/0001-runs': runs,
  'ledger/0002-enqueue': enqueue,
  'ledger/0003-control': control,
  'ledger/0004-ends': ends,
  'ledger/0005-installation': installation,
};
