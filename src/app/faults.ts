import type { OnAvailability } from '../core/availability.ts';
import { Failure } from '../core/errors.ts';
import { isConnectionLost } from '../db/index.ts';
import { openOutages } from '../operations/index.ts';
import type { Log } from './log.ts';

/** Where everything of a process that nobody waits for goes: to the log, but not a hundred times. */
export interface Faults {
  /** `about`: the run, job or attempt that it is about, where it is about one. */
  onError(error: unknown, about?: object): void;
  readonly onWarning: (warning: string) => void;
  readonly onAvailability: OnAvailability;
}

const repeatMs = 60_000;

export function openFaults(log: Log, now: () => number = () => performance.now()): Faults {
  const warn = (line: string) => log.warn(line);
  const outages = openOutages({ warn, info: (line) => log.info(line), now });
  const saidAt = new Map<string, number>();

  /** What only says that something is not there now is worth one line a minute. */
  function mayRepeat(code: string): boolean {
    const due = now() - (saidAt.get(code) ?? -repeatMs) >= repeatMs;
    if (due) saidAt.set(code, now());
    return due;
  }

  return {
    onAvailability: outages.hear,
    onWarning: warn,
    onError(error, about) {
      if (isToldAsOutage(error)) log.debug({ err: error, ...about });
      else if (!(error instanceof Failure) || error.kind === 'bug')
        log.error({ err: error, ...about });
      else if (error.kind === 'unavailable' && !mayRepeat(error.code)) return;
      else if (about) log.error(about, error.message);
      else log.error(error.message);
    },
  };
}

/** The consequences of a server that is away, which `onAvailability` hears of itself. */
function isToldAsOutage(error: unknown): boolean {
  if (error instanceof Failure)
    return ['database.unreachable', 'queue.unavailable'].includes(error.code);
  return isConnectionLost(error);
}
