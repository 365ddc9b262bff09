import type { Duty } from '../core/duty.ts';
import { isGated } from '../core/limits.ts';
import type { Database } from '../db/index.ts';
import { hasGateWork, listBusyGates } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Announcements } from './announcements.ts';
import type { Catalogue } from './catalogue.ts';
import { type Keeper, openKeeper } from './gate-keeper.ts';

/**
 * This process's share in letting runs of jobs with limits go: it passes over a gate when something happened to it
 * here, when another process says so, and when a time has come. Of one gate it makes one pass at a time.
 */
export interface Gates {
  /** Looks at the gate of the job soon: a run of it was accepted, or has ended. */
  wake(job: string): void;
  /** Hears from now on of what other processes did. Twice is fine. */
  listen(): Promise<void>;
  /** A pass over the gate that begins after the call; resolves to the number of runs it let go. */
  pass(job: string): Promise<number>;
  /** Twice is fine. */
  close(): Promise<void>;
}

export interface GatesOptions {
  readonly database: Database;
  readonly queues: Queues;
  readonly catalogue: Catalogue;
  readonly announcements: Announcements;
  onError(error: unknown): void;
}

export function openGates(options: GatesOptions): Gates {
  const { database, catalogue, announcements, onError } = options;
  const keepers = new Map<string, Keeper>();
  let isClosed = false;
  let listening: Promise<() => Promise<void>> | undefined;

  function keeperOf(job: string): Keeper {
    const keeper = keepers.get(job) ?? openKeeper(options, job);
    keepers.set(job, keeper);
    return keeper;
  }

  function wake(job: string): void {
    if (!isClosed) keeperOf(job).wake();
  }

  async function look(job: string): Promise<void> {
    if (!isClosed && (await hasGateWork(database, job))) wake(job);
  }

  const unsubscribe = announcements.subscribe((said) => {
    if (said.kind === 'ended' && catalogue.has(said.job) && isGated(catalogue.find(said.job)))
      wake(said.job);
  });
  return {
    wake,
    async listen() {
      listening ??= database.listen('nightshift_gate', (job) => void look(job).catch(onError));
      await listening;
    },
    pass: async (job) => (isClosed ? 0 : keeperOf(job).pass()),
    async close() {
      isClosed = true;
      unsubscribe();
      await (await listening)?.();
      await Promise.all([...keepers.values()].map((keeper) => keeper.close()));
    },
  };
}

/** The duty that passes over every gate where something waits: for processes that died before they could. */
export function gatesDuty({
  database,
  gates,
}: {
  readonly database: Database;
  readonly gates: Pick<Gates, 'pass'>;
}): Duty & { run(): Promise<{ gates: number; released: number }> } {
  return {
    name: 'gates',
    periodSeconds: 2,
    async run() {
      const busy = await listBusyGates(database);
      let released = 0;
      for (const job of busy) released += await gates.pass(job);
      return { gates: busy.length, released };
    },
  };
}
