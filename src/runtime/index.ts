export { type Announcement, type Announcements, openAnnouncements } from './announcements.ts';
export { type Artifacts, artifactDuty, openArtifacts } from './artifacts.ts';
export { type AttemptRequest, type AttemptServices, attemptRun } from './attempt.ts';
export { attemptBatch } from './batch.ts';
export type { Refusal } from './batch-accept.ts';
export { beginBulk, bulkDuty, carryOutBulk, tryBulk } from './bulk.ts';
export { cancel } from './cancel.ts';
export { type Catalogue, checkPayload, openCatalogue } from './catalogue.ts';
export type { Providers } from './context.ts';
export {
  type BatchedRun,
  type EnqueueOptions,
  type Enqueuer,
  enqueueIn,
  newRun,
  openEnqueuer,
} from './enqueue.ts';
export { type EventServices, type SentEvent, sendEvent } from './events.ts';
export { expiryDuty } from './expiry.ts';
export { type Gates, gatesDuty, openGates } from './gate.ts';
export type { ChildProcesses } from './isolation/isolated.ts';
export { batchMost } from './offer-batch.ts';
export { doOnce, type Once } from './once.ts';
export { pauseJob, resumeJob } from './pauses.ts';
export { openRelay, type Relay, type RelayServices } from './relay.ts';
export { replay, replayOnce } from './replay.ts';
export { type Rescued, rescueDuty } from './rescue.ts';
export * from './schedules/index.ts';
export type { CallersTransaction } from './tx.ts';
export { type Offered, uniqueKeysDuty } from './uniqueness.ts';
export { unknownJobsDuty } from './unknown-jobs.ts';
export { openWaker, type Waker, type WakerServices, wakesDuty } from './wakes.ts';
export { startWorker, type Worker } from './worker.ts';
