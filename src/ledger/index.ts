import { runs } from './migrations/0001-runs.ts';
import { enqueue } from './migrations/0002-enqueue.ts';

export { acceptRuns, insertOutbox, insertRuns, type NewRun, newId } from './accept.ts';
export type { ClaimedRun, Fence } from './claim.ts';
export * from './dispatchable.ts';
export { expireRuns } from './expiry.ts';
export { type Ledger, openLedger } from './ledger.ts';
export { type LogLine, listLogs } from './logs.ts';
export * from './outbox.ts';
export { ensurePartitions } from './partitions.ts';
export * from './runs.ts';
export * from './schedules.ts';
export { plantSettings } from './settings.ts';
export { holdRun, listFenced, listSteps, recordStep, type Step } from './steps.ts';
export * from './unknown-jobs.ts';
export * from './workers.ts';

/** The ledger's migrations, by name. */
export const ledgerMigrations = { 'ledger/0001-runs': runs, 'ledger/0002-enqueue': enqueue };
