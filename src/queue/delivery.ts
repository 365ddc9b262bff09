/** What a queue hands to a consumer: the BullMQ job `id`, and the runs it carries. */
export interface Delivery {
  readonly id: string;
  readonly runs: readonly string[];
  /** Set, with `runs` empty, when another producer added the job and not `dispatch`. */
  readonly foreign?: ForeignJob;
}

/** A job as its own producer wrote it; `timestamp` is when, in epoch milliseconds. */
export interface ForeignJob {
  readonly name: string;
  readonly data: unknown;
  readonly timestamp: number;
}

/**
 * What happens to a delivery; the promise settles when the queue may forget it. After a `queue.paused`
 * failure it keeps it among those that wait, after `queue.early` among those that are delayed, for its `ms`.
 */
export type Handle = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

/** The part of a BullMQ job, in this process or in a sandbox, that a delivery is read from. */
export interface CarrierJob {
  id?: string | undefined;
  name: string;
  data: unknown;
  timestamp: number;
}

/** Reads a delivery from any BullMQ job, whoever added it. */
export function readDelivery({ id = '', name, data, timestamp }: CarrierJob): Delivery {
  if (carriesRuns(data)) return { id, runs: data.runs };
  return { id, runs: [], foreign: { name, data, timestamp } };
}

/** Makes `handle` the default export of a file that `consume` runs in a child process. */
export function sandboxed(handle: Handle) {
  return (job: CarrierJob, _token: string, signal: AbortSignal): Promise<void> =>
    handle(readDelivery(job), signal);
}

function carriesRuns(data: unknown): data is { runs: string[] } {
  const runs = (data as { runs?: unknown } | null | undefined)?.runs;
  return Array.isArray(runs) && runs.length > 0 && runs.every((run) => typeof run === 'string');
}
