import type { Failure } from '../core/errors.ts';

/** Whether consumers may take from the server that is there now. */
export interface Admission {
  readonly isOpen: boolean;
  /** Why not; undefined while it is open or the server was not looked at yet. */
  readonly refusal: Failure | undefined;
  /** Calls `hear` after each change until the returned function is called. */
  onChange(hear: () => void): () => void;
}

/** The admission of a server that needs no look. */
export const alwaysAdmitted: Admission = {
  isOpen: true,
  refusal: undefined,
  onChange: () => () => {},
};

/** Closed until the first `decide`; each one says what holds from now on. */
export function openAdmission(): Admission & { decide(refusal: Failure | undefined): void } {
  const hearers = new Set<() => void>();
  let isOpen = false;
  let refusal: Failure | undefined;
  return {
    get isOpen() {
      return isOpen;
    },
    get refusal() {
      return refusal;
    },
    onChange(hear) {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
    decide(found) {
      const changed = isOpen !== (found === undefined);
      isOpen = found === undefined;
      refusal = found;
      if (changed) for (const hear of hearers) hear();
    },
  };
}
