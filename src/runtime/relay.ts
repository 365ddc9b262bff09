import type { Database } from '../db/index.ts';
import {
  clearOutbox,
  type Dispatchable,
  type Leased,
  leaseOutbox,
  releaseOutbox,
} from '../ledger/index.ts';
import type { Dispatch, Queues } from '../queue/index.ts';
import { type AdmissionServices, admitRuns } from './admission.ts';
import { bundleUp } from './bundle-up.ts';
import { toDispatches } from './dispatch.ts';

/** Brings what was accepted without a dispatch to the queue, woken by NOTIFY and by a slow poll. */
export interface Relay {
  close(): Promise<void>;
}

export interface RelayServices extends AdmissionServices {
  readonly database: Database;
  readonly queues: Queues;
  onError(error: unknown): void;
}

const batch = 500;
const pollMs = 5000;

/** After a pass that failed it rests until the next poll, however much is accepted meanwhile. */
export async function openRelay(services: RelayServices): Promise<Relay> {
  const { database, onError } = services;
  let closed = false;
  let asked = false;
  let resting = false;
  let pass: Promise<void> | undefined;

  function wake(): void {
    asked = true;
    if (!closed && !resting) pass ??= runPasses();
  }

  async function runPasses(): Promise<void> {
    try {
      while (asked && !closed) {
        asked = false;
        while (!closed && (await relayOnce(services)) === batch);
      }
    } catch (error) {
      resting = true;
      onError(error);
    }
    pass = undefined;
  }

  const unlisten = await database.listen('nightshift_outbox', wake);
  const poll = setInterval(() => {
    resting = false;
    wake();
  }, pollMs);
  wake();
  return {
    async close() {
      closed = true;
      clearInterval(poll);
      await unlisten();
      await pass;
    },
  };
}

/** One batch of the outbox; answers how many rows it took. */
async function relayOnce(services: RelayServices): Promise<number> {
  const { database, catalogue } = services;
  const jobs = catalogue.jobs.map(({ name }) => name);
  const rows = await leaseOutbox(database, { jobs, limit: batch });
  if (rows.length === 0) return 0;
  try {
    const admitted = await admitRuns(services, rows);
    const runs = await bundleUp(services, admitted.runs);
    const kept = new Set([...admitted.left, ...(await dispatchAll(services, runs))]);
    const taken = rows.filter(({ id }) => !kept.has(id));
    await clearOutbox(database, withNewest(taken, runs));
  } catch (error) {
    await releaseOutbox(database, rows).catch(services.onError);
    throw error;
  }
  return rows.length;
}

/** The rows with the deliveries that they have now. */
function withNewest(rows: readonly Leased[], runs: readonly Dispatchable[]): Leased[] {
  const newest = new Map(runs.map(({ id, delivery }) => [id, delivery]));
  return rows.map((row) => ({ ...row, delivery: newest.get(row.id) ?? row.delivery }));
}

/** Adds each delivery to its queue; answers the ids of the runs that a queue refuses though its server answers. */
async function dispatchAll(
  services: RelayServices,
  runs: readonly Dispatchable[],
): Promise<string[]> {
  const { queues } = services;
  const byJob = [...Map.groupBy(toDispatches(runs), ({ job }) => job).values()];
  const added = await Promise.allSettled(byJob.map((ofJob) => queues.dispatchMany(ofJob)));
  const failed = byJob.filter((_, i) => added[i]!.status === 'rejected');
  const refused: string[] = [];
  for (const ofJob of failed) refused.push(...(await dispatchEach(services, ofJob)));
  return refused;
}

/** One by one, so that one that its queue refuses holds up no other. It is tried again when its lease is over. */
async function dispatchEach(
  { queues, onError }: RelayServices,
  dispatches: readonly Dispatch[],
): Promise<string[]> {
  const refused: string[] = [];
  for (const dispatch of dispatches) {
    try {
      await queues.dispatch(dispatch);
    } catch (error) {
      await queues.ping(); // throws while the server is away: then nothing is wrong with the run
      if (refused.length === 0) onError(error);
      refused.push(...dispatch.runs);
    }
  }
  return refused;
}
