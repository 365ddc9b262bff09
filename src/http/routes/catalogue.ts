import { z } from 'zod';
import type { AnyJob } from '../../core/job.ts';
import { listSchedules, listWorkers } from '../../ledger/index.ts';
import type { Operated, Server } from '../operated.ts';

/** What there is: jobs, their schedules, and the workers that run them. */
export function catalogueRoutes(
  server: Server,
  { database, catalogue, detectionMs }: Operated,
): void {
  server.get('/jobs', () => ({ jobs: catalogue.jobs.map(show) }));

  server.get('/jobs/:name', { schema: { params: z.object({ name: z.string() }) } }, ({ params }) =>
    show(catalogue.find(params.name)),
  );

  server.get('/schedules', async () => ({ schedules: await listSchedules(database) }));

  server.get('/workers', async () => ({ workers: await listWorkers(database, detectionMs) }));
}

function show({ name, summary, version, pool, timeout, retry, needs, payload, result }: AnyJob) {
  return {
    name,
    summary,
    version,
    pool,
    timeout,
    retry,
    needs: needs as readonly string[],
    payload: schemaOf(payload as z.ZodType, 'input'),
    result: schemaOf(result as z.ZodType, 'output'),
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
