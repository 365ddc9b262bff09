/** Runs each work after the one before has ended, whatever came of it. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue for one connection, which takes one statement at a time. */
export function openTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
}
