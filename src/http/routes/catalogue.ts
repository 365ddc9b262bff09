import { z } from 'zod';
import type { AnyJob } from '../../core/job.ts';
import { isGated } from '../../core/limits.ts';
import { listWorkers } from '../../ledger/index.ts';
import type { Operated, Server } from '../operated.ts';

/** What there is: jobs, and the workers that run them. */
export function catalogueRoutes(
  server: Server,
  { database, catalogue, detectionMs }: Operated,
): void {
  server.get('/jobs', () => ({ jobs: catalogue.jobs.map(show) }));

  server.get('/jobs/:name', { schema: { params: z.object({ name: z.string() }) } }, ({ params }) =>
    show(catalogue.find(params.name)),
  );

  server.get('/workers', async () => ({ workers: await listWorkers(database, detectionMs) }));
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
