import { uuidPattern } from '../core/uuid.ts';

/** What a queue hands to a consumer: the BullMQ job `id`, and the runs it carries. */
export interface Delivery {
  readonly id: string;
  readonly runs: readonly string[];
  /** Set, with `runs` empty, when another producer added the job and not `dispatch`. */
  readonly foreign?: ForeignJob;
}

/** A job as its own producer wrote it; `timestamp` is when, in epoch milliseconds, by that one's word. */
export interface ForeignJob {
  readonly name: string;
  readonly data: unknown;
  readonly timestamp: number;
  /** 0 first, as BullMQ has it. */
  readonly priority: number;
  /** Shows `progress` to whoever watches the job in its queue. */
  tell(progress: object): Promise<void>;
}

/**
 * What happens to a delivery; the promise settles when the queue may forget it. After a `queue.paused`,
 * `queue.crowded` or `queue.elsewhere` failure it keeps it among those that wait, after `queue.early` among those that are delayed, for its `ms`.
 * The producer of a foreign one gets what it answers, as the job's return value, or the message of its failure.
 */
export type Handle = (delivery: Delivery, signal: AbortSignal) => Promise<unknown>;

/** The part of a BullMQ job that a delivery is read from. */
export interface CarrierJob {
  id?: string | undefined;
  name: string;
  data: unknown;
  timestamp: number;
  opts?: { priority?: number | undefined };
  updateProgress(progress: object): Promise<void>;
}

/** Reads a delivery from any BullMQ job, whoever added it. */
export function readDelivery(carrier: CarrierJob): Delivery {
  const { id = '', name, data, timestamp, opts } = carrier;
  if (isUuid(id) && carriesRuns(data)) return { id, runs: data.runs };
  const tell = (progress: object) => carrier.updateProgress(progress);
  const priority = opts?.priority ?? 0;
  return { id, runs: [], foreign: { name, data, timestamp, priority, tell } };
}

/** The runs that a job of ours carries; undefined for the data of anybody else. */
export function readRuns(data: unknown): readonly string[] | undefined {
  return carriesRuns(data) ? data.runs : undefined;
}

/** Nothing but a list of ids: the data of somebody else may have a field of this name, too. */
function carriesRuns(data: unknown): data is { runs: string[] } {
  const { runs, ...rest } = (data ?? {}) as { runs?: unknown };
  return (
    Array.isArray(runs) && runs.length > 0 && runs.every(isUuid) && Object.keys(rest).length === 0
  );
}

function isUuid(text: unknown): boolean {
  return typeof text === 'string' && uuidPattern.test(text);
}
