import { z } from 'zod';
import type { AnyJob } from '../../core/job.ts';
import { isGated } from '../../core/limits.ts';
import { listWorkers } from '../../ledger/index.ts';
import { answering, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOfAll } from '../paging.ts';

const job = z
  .strictObject({
    name: z.string(),
    summary: z.string(),
    version: z.int(),
    pool: z.string(),
    timeout: z.string(),
    retry: z.looseObject({}),
    needs: z.array(z.string()),
    limits: z.looseObject({ isKeyed: z.boolean() }).nullable(),
    payload: z.looseObject({}).describe('The JSON schema of its payload.'),
    result: z.looseObject({}).describe('The JSON schema of its result.'),
  })
  .meta({ id: 'Job' });

const worker = z
  .strictObject({
    id: z.string(),
    host: z.string(),
    pid: z.int(),
    jobs: z.array(z.string()),
    versions: z.record(z.string(), z.int()),
    startedAt: z.date(),
    heartbeatAt: z.date(),
    sample: z.unknown().describe('What the process measured of itself.'),
  })
  .meta({ id: 'Worker' });

const page = z.strictObject(pageFields(1000));
const byName = z.strictObject({
  name: z
    .string()
    .max(200)
    .meta({ examples: ['mail-triage'] }),
});

/** What there is: jobs, and the workers that run them. */
export function catalogueRoutes(
  server: Server,
  { database, catalogue, detectionMs }: Operated,
): void {
  server.get(
    '/jobs',
    {
      schema: {
        tags: ['jobs'],
        summary: 'List the jobs, with the JSON schemas of their payloads and results',
        querystring: page,
        ...answering({ 200: pageAnswer('jobs', job) }),
      },
    },
    ({ query }) => {
      const placeOf = ({ name }: AnyJob) => name;
      const { page, next } = pageOfAll('jobs', catalogue.jobs, { ...query, placeOf });
      return { jobs: page.map(show), ...next };
    },
  );

  server.get(
    '/jobs/:name',
    {
      schema: {
        tags: ['jobs'],
        summary: 'One job',
        params: byName,
        ...answering({ 200: job }),
      },
    },
    ({ params }) => show(catalogue.find(params.name)),
  );

  server.get(
    '/workers',
    {
      schema: {
        tags: ['workers'],
        summary: 'List the workers that live, the oldest first',
        querystring: page,
        ...answering({ 200: pageAnswer('workers', worker) }),
      },
    },
    async ({ query }) => {
      const { page, next } = pageOfAll('workers', await listWorkers(database, detectionMs), {
        ...query,
        placeOf: ({ startedAt, id }) => `${startedAt.toISOString()} ${id}`,
      });
      return { workers: page, ...next };
    },
  );
}

function show(job: AnyJob) {
  const { name, summary, version, pool, timeout, retry, needs, payload, result } = job;
  const { concurrency, rate, ageing, maxQueued } = job;
  return {
    name,
    summary,
    version,
    pool,
    timeout,
    retry,
    needs: needs as readonly string[],
    limits: isGated(job)
      ? { isKeyed: job.key !== undefined, concurrency, rate, ageing, maxQueued }
      : null,
    payload: schemaOf(payload as z.ZodType, 'input'),
    result: schemaOf(result as z.ZodType, 'output'),
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
