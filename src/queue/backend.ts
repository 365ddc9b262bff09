import type { Job, Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import type { Admission } from './admission.ts';

/** The part of BullMQ's queue that we use, the same on every backend. */
export type JobQueue = Pick<
  Queue,
  | 'add'
  | 'addBulk'
  | 'close'
  | 'getJob'
  | 'getJobCounts'
  | 'getJobState'
  | 'isPaused'
  | 'pause'
  | 'remove'
  | 'resume'
  | 'waitUntilReady'
>;

/** The part of BullMQ's worker that we use, the same on every backend. */
export interface JobWorker
  extends Pick<
    Worker,
    | 'cancelAllJobs'
    | 'close'
    | 'concurrency'
    | 'isPaused'
    | 'isRunning'
    | 'pause'
    | 'resume'
    | 'run'
  > {
  on(event: 'active' | 'completed', hear: (job: Job) => void): unknown;
  on(event: 'failed', hear: (job: Job | undefined) => void): unknown;
  on(event: 'error', hear: (error: Error) => void): unknown;
}

/** What differs between Redis, Postgres and PGlite, and nothing else. */
export interface Backend {
  /** What an operator should mend, in sentences; may change when the server comes back. */
  readonly warnings: readonly string[];
  /** Whether the server that is there may be used; consumers take nothing before it is open. */
  readonly admission: Admission;
  /** False while a command would fail at once. */
  isReachable(): boolean;
  openQueue(job: string): JobQueue;
  openWorker(job: string, processor: Processor, options: WorkerSettings): JobWorker;
  findKnown(job: string, deliveries: readonly string[]): Promise<string[]>;
  findDelayed(job: string, deliveries: readonly string[]): Promise<string[]>;
  findCarried(job: string, deliveries: readonly string[]): Promise<string[]>;
  /** Milliseconds that the clock of this process is ahead of the server's; negative when it is behind. */
  aheadMs(): Promise<number>;
  /** Takes back what a process whose clock was ahead wrote for all to go by. */
  rightClocks(): Promise<void>;
  readMark(): Promise<Mark>;
  writeMark(mark: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What was last left in the queue's server; `none` where the server cannot lose what the ledger keeps. */
export type Mark = 'none' | { readonly mark: string | null };

export type WorkerSettings = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** BullMQ's stream of events per queue: nothing of ours reads it, but foreign producers that wait for their jobs do. */
export const streams = { events: { maxLen: 1000 } };
