/** A clock that stands still until it is moved, and never goes back. */
export interface Clock {
  now(): Date;
  /** Moves to `at`, when that is ahead. */
  moveTo(at: Date): void;
  moveBy(ms: number): void;
}

export function openClock(at: Date = new Date()): Clock {
  let ms = at.getTime();
  return {
    now: () => new Date(ms),
    moveTo(next) {
      ms = Math.max(ms, next.getTime());
    },
    moveBy(step) {
      ms += Math.max(0, step);
    },
  };
}
