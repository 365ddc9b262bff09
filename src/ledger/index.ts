import { runs } from './migrations/0001-runs.ts';
import { enqueue } from './migrations/0002-enqueue.ts';
import { control } from './migrations/0003-control.ts';
import { ends } from './migrations/0004-ends.ts';
import { installation } from './migrations/0005-installation.ts';
import { gates } from './migrations/0006-gates.ts';
import { unique } from './migrations/0007-unique.ts';
import { schedules } from './migrations/0008-schedules.ts';
import { children } from './migrations/0009-children.ts';
import { foreign } from './migrations/0010-foreign.ts';
import { bundles } from './migrations/0011-bundles.ts';
import { idempotency } from './migrations/0013-idempotency.ts';
import { acceptedBy } from './migrations/0014-accepted-by.ts';
import { leanerEntries } from './migrations/0015-leaner-entries.ts';
import { allAuthors } from './migrations/0016-all-authors.ts';

export { insertOutbox, insertRuns, type NewRun } from './accept.ts';
export {
  type AdoptedRun,
  type Adoption,
  type ForeignOrigin,
  findAdopted,
  findAdoptedEnd,
} from './adopted.ts';
export { findBelongings } from './belongings.ts';
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
export { type CancelledRun, cancelRun, cancelRuns } from './cancel.ts';
export type { ClaimedRun, Early, Fence } from './claim.ts';
export * from './dispatchable.ts';
export * from './events.ts';
export { expireRuns } from './expiry.ts';
export { type FailureGroup, listFailures } from './failures.ts';
export * from './family.ts';
export * from './firings.ts';
export { acceptIn, placeRuns } from './gate-accept.ts';
export * from './gate-rows.ts';
export * from './gates.ts';
export {
  forgetRequestKeys,
  keepAnswer,
  type RequestKey,
  takeRequestKey,
} from './idempotency.ts';
export { newDelivery, newId } from './ids.ts';
export { enterInstallation, findInstallation } from './installation.ts';
export { type Ledger, openLedger } from './ledger.ts';
export { type LogLine, listLogs } from './logs.ts';
export { lookAtRuns, type RunLook } from './look.ts';
export * from './orphans.ts';
export * from './outbox.ts';
export { ensurePartitions, findOldestRuns } from './partitions.ts';
export * from './planting.ts';
export * from './queues.ts';
export { isRecorded } from './record.ts';
export * from './release.ts';
export * from './rescue.ts';
export { type Retired, retireRuns } from './retention.ts';
export { retryRun } from './retry.ts';
export { searchRuns } from './run-search.ts';
export {
  bringForward,
  findRun,
  findRunJob,
  listPastAttempts,
  listReplays,
  listRuns,
  type PastAttempt,
} from './runs.ts';
export * from './schedule-sets.ts';
export * from './schedules.ts';
export { plantSettings } from './settings.ts';
export {
  holdRun,
  holdRuns,
  listFenced,
  listSteps,
  type NewStep,
  recordStep,
  type Step,
} from './steps.ts';
export {
  type Accepted,
  acceptKeyed,
  type KeyedRun,
  type KeyPlace,
  sweepKeys,
} from './unique-keys.ts';
export * from './unknown-jobs.ts';
export { findNewestVersion, listAhead } from './versions.ts';
export * from './waits.ts';
export * from './wakes.ts';
export * from './workers.ts';

/** The ledger's migrations, by name. */
export const ledgerMigrations = {
  'ledger/0001-runs': runs,
  'ledger/0002-enqueue': enqueue,
  'ledger/0003-control': control,
  'ledger/0004-ends': ends,
  'ledger/0005-installation': installation,
  'ledger/0006-gates': gates,
  'ledger/0007-unique': unique,
  'ledger/0008-schedules': schedules,
  'ledger/0009-children': children,
  'ledger/0010-foreign': foreign,
  'ledger/0011-bundles': bundles,
  'ledger/0013-idempotency': idempotency,
  'ledger/0014-accepted-by': acceptedBy,
  'ledger/0015-leaner-entries': leanerEntries,
  'ledger/0016-all-authors': allAuthors,
};
