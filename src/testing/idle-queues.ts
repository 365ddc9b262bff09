import type { Queues } from '../queue/index.ts';

/** Queues that take every dispatch and deliver nothing: a test attempts its run by itself. */
export function openIdleQueues(): Queues {
  return {
    warnings: [],
    dispatch: () => Promise.resolve(),
    dispatchMany: () => Promise.resolve(),
    delayed: () => Promise.resolve(new Set()),
    carried: () => Promise.resolve(new Set()),
    rightClocks: () => Promise.resolve(),
    readMark: () => Promise.resolve('none'),
    writeMark: () => Promise.resolve(),
    known: () => Promise.resolve(new Set()),
    withdraw: () => Promise.resolve(false),
    pause: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    isPaused: () => Promise.resolve(false),
    find: () => Promise.resolve(undefined),
    inspect: (_, work) => work(new Map()),
    counts: () => Promise.resolve({ waiting: 0, delayed: 0, active: 0, failed: 0 }),
    consume: () => ({
      start() {},
      pause: () => Promise.resolve(),
      resume: () => Promise.resolve(),
      heedRoom() {},
      cancel: () => false,
      close: () => Promise.resolve(),
    }),
    ping: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}
