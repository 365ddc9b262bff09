import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import cron from 'node-cron';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { beat } from '../ledger/index.ts';

/** Tells Postgres every few seconds that this worker lives, with what it measured of itself. */
export interface Heartbeat {
  /** Milliseconds since the database last took a beat. */
  readonly silentMs: number;
  stop(): Promise<void>;
}

export interface HeartbeatOptions {
  readonly sql: Sql;
  readonly worker: string;
  /** Whole seconds, 1 … 59. */
  readonly periodSeconds: number;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /** Makes the worker known again: it slept until it was forgotten, or the database was set back. */
  register(): Promise<void>;
  /** Every run that the worker has in hand. */
  inHand(): readonly string[];
  /** Called after each beat that was written. */
  onBeat(): Promise<void>;
  onError(error: unknown): void;
}

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { sql, worker, periodSeconds, onBeat, onError } = options;
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let lastBeat = performance.now();
  let sample = measure(delay);
  async function tell(): Promise<void> {
    const isKnown = await beat(sql, {
      worker,
      sample,
      inHand: options.inHand(),
      // Of an outage, others may miss one beat more than we do; it has to break our row before theirs is death.
      longestGapMs: options.detectionMs / 2,
    });
    if (!isKnown) await options.register();
  }
  const sampling = cron.schedule(
    everyMinute,
    () => {
      sample = measure(delay);
    },
    // In UTC: in local time it would rest for the hour that autumn repeats.
    { timezone: 'Etc/UTC', logger: silent },
  );
  const beating = repeat(periodSeconds * 1000, async () => {
    try {
      await within(periodSeconds * 1000, tell);
      lastBeat = performance.now();
      await onBeat();
    } catch (error) {
      onError(error);
    }
  });
  return {
    get silentMs() {
      return performance.now() - lastBeat;
    },
    async stop() {
      await beating.stop();
      await sampling.destroy();
      delay.disable();
    },
  };
}

/** node-cron would print that a beat is late, past the log; `onError` hears what there is to hear. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** No finer: when a clock is set forth, node-cron goes through every moment that it missed, and nothing else meanwhile. */
const everyMinute = '* * * * *';

/** A timer and no cron: a wall clock that is set back would silence a worker for as long as it was set back. */
function repeat(ms: number, work: () => Promise<void>) {
  let pass: Promise<void> | undefined;
  const timer = setInterval(() => {
    pass ??= work().finally(() => {
      pass = undefined;
    });
  }, ms);
  return {
    async stop() {
      clearInterval(timer);
      await pass;
    },
  };
}

/** One beat that hangs must not silence those after it. */
function within(ms: number, work: () => Promise<void>): Promise<void> {
  const late = sleep(ms, undefined, { ref: false }).then(() => {
    throw new Failure('worker.beat_late', { ms });
  });
  return Promise.race([work(), late]);
}

/** Event-loop delay since the last sample, and memory. */
function measure(delay: ReturnType<typeof monitorEventLoopDelay>) {
  const sample = {
    eventLoopDelayMaxMs: Math.round(delay.max / 1e6),
    eventLoopDelayP99Ms: Math.round(delay.percentile(99) / 1e6),
    residentBytes: process.memoryUsage.rss(),
  };
  delay.reset();
  return sample;
}
