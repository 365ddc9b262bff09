import { type Duration, durationMs } from './duration.ts';

/** Thrown by a handler to end its run as cancelled, without a retry. */
export class Cancel extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Cancel';
  }
}

/** Thrown by a handler to be run again later; it does not count as a failure. */
export class Snooze extends Error {
  readonly delayMs: number;

  constructor(delay: Duration) {
    super(`snoozed for ${delay}`);
    this.name = 'Snooze';
    this.delayMs = durationMs(delay);
  }
}

/** The reason of `ctx.signal` when the worker stops: the run is given back and does not count as a failure. */
export class GiveBack extends Error {
  constructor() {
    super('the worker is stopping; the run goes to another');
    this.name = 'GiveBack';
  }
}

/** What a waiting run waits for, in words, and how long at the most. */
export interface Awaited {
  readonly what: string;
  readonly isSleep: boolean;
  /** Milliseconds until it is over whatever happens; null: never. */
  readonly dueMs: number | null;
}

/**
 * The end of an attempt whose handler waits, for a time, its children or an event, and does nothing else: the run
 * goes on in a further attempt. Handlers never see it, so that no `catch` can swallow it.
 */
export class Suspended extends Error {
  readonly awaited: readonly Awaited[];

  constructor(awaited: readonly Awaited[]) {
    super(awaited.map(({ what }) => what).join(', or '));
    this.name = 'Waiting';
    this.awaited = awaited;
  }
}
