import { z } from 'zod';
import { nameOfActor } from '../../core/actor.ts';
import { isFailure } from '../../core/errors.ts';
import type { Sql } from '../../core/sql.ts';
import { listGates, listQueues } from '../../ledger/index.ts';
import { pauseJob, resumeJob } from '../../runtime/index.ts';
import { answering, optionalTime, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOfAll } from '../paging.ts';
import { noBody } from './run-schemas.ts';

const byName = z.strictObject({
  name: z
    .string()
    .max(200)
    .meta({ examples: ['mail-triage'] }),
});
const pause = z
  .strictObject({ reason: z.string().max(500).optional() })
  .nullish()
  .meta({ examples: [{ reason: 'the mail server is being moved' }] });

const queue = z
  .strictObject({
    job: z.string(),
    paused: z.boolean(),
    pausedAt: optionalTime,
    pausedBy: z.string().nullable(),
    reason: z.string().nullable(),
    counts: z
      .looseObject({})
      .nullable()
      .describe('Deliveries by their state; null while the queues are away.'),
    gate: z.looseObject({}).nullable(),
  })
  .meta({ id: 'Queue' });

/** The queue of each job: what lies in it, whether it is paused, and what waits at the job's gate. */
export function queueRoutes(server: Server, operated: Operated): void {
  const { queues, catalogue } = operated;

  server.get(
    '/queues',
    {
      schema: {
        tags: ['queues'],
        summary: 'List the queues: what lies in them, and which are paused',
        querystring: z.strictObject(pageFields(1000)),
        ...answering({ 200: pageAnswer('queues', queue) }),
      },
    },
    async ({ query }) => {
      const { page, next } = pageOfAll('queues', await showQueues(operated), {
        ...query,
        placeOf: ({ job }) => job,
      });
      return { queues: page, ...next };
    },
  );

  server.post(
    '/queues/:name/pause',
    {
      schema: {
        tags: ['queues'],
        summary: 'Let no run of the job begin',
        params: byName,
        body: pause,
        ...answering({ 200: queue }),
      },
    },
    async (request) => {
      const { name } = catalogue.find(request.params.name);
      const { reason } = request.body ?? {};
      const sql = request.changing(changeOf(name));
      const by = nameOfActor(request.actor);
      await pauseJob({ sql, queues }, { job: name, by, ...(reason !== undefined && { reason }) });
      return showQueue(operated, name);
    },
  );

  server.post(
    '/queues/:name/resume',
    {
      schema: {
        tags: ['queues'],
        summary: 'Let its runs begin again',
        params: byName,
        body: noBody,
        ...answering({ 200: queue }),
      },
    },
    async (request) => {
      const { name } = catalogue.find(request.params.name);
      await resumeJob({ sql: request.changing(changeOf(name)), queues }, name);
      return showQueue(operated, name);
    },
  );
}

/** What the audit log tells of a queue that is paused or resumed. */
function changeOf(name: string) {
  return {
    resource: 'queue',
    ids: [name],
    look: async (tx: Sql) => {
      const row = (await listQueues(tx)).find(({ job }) => job === name);
      return { paused: row?.pausedAt != null, reason: row?.reason ?? null };
    },
  };
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
