import { z } from 'zod';
import { isFailure } from '../../core/errors.ts';
import { listGates, listQueues } from '../../ledger/index.ts';
import { pauseJob, resumeJob } from '../../runtime/index.ts';
import type { Operated, Server } from '../operated.ts';

const byName = z.object({ name: z.string() });
const pause = z
  .strictObject({ reason: z.string().max(500).optional(), by: z.string().max(200).optional() })
  .nullish();

/** The queue of each job: what lies in it, whether it is paused, and what waits at the job's gate. */
export function queueRoutes(server: Server, operated: Operated): void {
  const { database, queues, catalogue } = operated;
  const places = { sql: database, queues };

  server.get('/queues', async () => ({ queues: await showQueues(operated) }));

  server.post(
    '/queues/:name/pause',
    { schema: { params: byName, body: pause } },
    async ({ params: { name }, body }) => {
      const { reason, by } = body ?? {};
      await pauseJob(places, {
        job: catalogue.find(name).name,
        ...(by !== undefined && { by }),
        ...(reason !== undefined && { reason }),
      });
      return showQueue(operated, name);
    },
  );

  server.post(
    '/queues/:name/resume',
    { schema: { params: byName } },
    async ({ params: { name } }) => {
      await resumeJob(places, catalogue.find(name).name);
      return showQueue(operated, name);
    },
  );
}

async function showQueue(operated: Operated, name: string) {
  return (await showQueues(operated)).find(({ job }) => job === name);
}

async function showQueues({ database, queues, catalogue }: Operated) {
  const rows = new Map((await listQueues(database)).map((row) => [row.job, row]));
  const gates = new Map((await listGates(database)).map(({ job, ...gate }) => [job, gate]));
  return Promise.all(
    catalogue.jobs.map(async ({ name }) => {
      const { pausedAt = null, pausedBy = null, reason = null } = rows.get(name) ?? {};
      const paused = pausedAt !== null;
      const counts = await count(queues, name);
      const gate = gates.get(name) ?? null;
      return { job: name, paused, pausedAt, pausedBy, reason, counts, gate };
    }),
  );
}

/** Null while the queues are away: the pauses can be told all the same. */
async function count(queues: Operated['queues'], job: string) {
  try {
    return await queues.counts(job);
  } catch (error) {
    if (isFailure(error, 'queue.unavailable')) return null;
    throw error;
  }
}
