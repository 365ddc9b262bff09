import type { Database } from '../db/index.ts';
import { clearOutbox, type Dispatchable, leaseOutbox, releaseOutbox } from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type AdmissionServices, admitRuns } from './admission.ts';
import { toDispatch } from './dispatch.ts';

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
    const refused = new Set(await dispatchAll(services, await admitRuns(services, rows)));
    await clearOutbox(
      database,
      rows.filter(({ id }) => !refused.has(id)),
    );
  } catch (error) {
    await releaseOutbox(database, rows).catch(services.onError);
    throw error;
  }
  return rows.length;
}

/** Adds each run to its queue; answers the ids of those that a queue refuses though its server answers. */
async function dispatchAll(
  services: RelayServices,
  runs: readonly Dispatchable[],
): Promise<string[]> {
  const { queues } = services;
  const byJob = [...Map.groupBy(runs, ({ job }) => job).values()];
  const added = await Promise.allSettled(
    byJob.map((ofJob) => queues.dispatchMany(ofJob.map(toDispatch))),
  );
  const failed = byJob.filter((_, i) => added[i]!.status === 'rejected');
  const refused: string[] = [];
  for (const ofJob of failed) refused.push(...(await dispatchEach(services, ofJob)));
  return refused;
}

/** One by one, so that a run that its queue refuses holds up no other. It is tried again when its lease is over. */
async function dispatchEach(
  { queues, onError }: RelayServices,
  runs: readonly Dispatchable[],
): Promise<string[]> {
  const refused: string[] = [];
  for (const run of runs) {
    try {
      await queues.dispatch(toDispatch(run));
    } catch (error) {
      await queues.ping(); // throws while the server is away: then nothing is wrong with the run
      if (refused.length === 0) onError(error);
      refused.push(run.id);
    }
  }
  return refused;
}
