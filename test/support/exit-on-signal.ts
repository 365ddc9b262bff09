import { constants } from 'node:os';

/**
 * Ends the process by its own exit on SIGINT and SIGTERM, so that whatever it started is stopped with it: a
 * signal alone would leave servers and processes behind.
 */
export function exitOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
