export {
  type CallOptions,
  type Client,
  type ClientOptions,
  openClient,
  type WaitOptions,
} from './client.ts';
export { type DescribedJob, renderJobTypes } from './job-types.ts';
export type { AnyJobs, EnqueueOptions, JobTypes, PayloadOf, ResultOf } from './jobs.ts';
export {
  isProblem,
  NightshiftError,
  type Problem,
  type ProblemCode,
  ProblemError,
  type Refused,
} from './problem.ts';
export type { RetryOptions } from './retry.ts';
export { hasEnded, type Run } from './run.ts';
export type { LogLine, RunEvent, RunLook } from './run-event.ts';
export type { StreamOptions } from './stream.ts';
export type { Transaction } from './transaction.ts';
