/** The clock of a process, as a virtual machine that was moved or an operator's `date -s` spoils it. */
export interface SpoiltClock {
  /** From now on `Date` is this far off; 0 puts it right. Timers run on: they go by another clock. */
  jump(offMs: number): void;
}

/** Replaces `Date` for everybody in this process, libraries included. */
export function openSpoiltClock(): SpoiltClock {
  const RealDate = Date;
  let offMs = 0;
  class SpoiltDate extends RealDate {
    constructor(...values: ConstructorParameters<typeof Date> | []) {
      if (values.length === 0) super(RealDate.now() + offMs);
      else super(...values);
    }

    static override now(): number {
      return RealDate.now() + offMs;
    }
  }
  globalThis.Date = SpoiltDate as DateConstructor;
  return {
    jump(ms) {
      offMs = ms;
    },
  };
}
