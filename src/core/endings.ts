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
