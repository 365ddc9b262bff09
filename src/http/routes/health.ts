import type { Server } from '../operated.ts';

/** One component of a process, as `/health/ready` tells of it. */
export interface ComponentHealth {
  readonly name: string;
  /** `degraded`: it is away, and the process does its work without it. */
  readonly state: 'ready' | 'degraded' | 'down';
  /** What is wrong. */
  readonly says?: string;
}

/** Whether the process does its work, and what each of its components says. */
export interface Readiness {
  readonly ready: boolean;
  readonly components: readonly ComponentHealth[];
}

/** `/health/live`: the event loop turns. `/health/ready`, and `/health` alike: 200 or 503, with the components. */
export function healthRoutes(server: Server, readiness: () => Promise<Readiness>): void {
  server.get('/health/live', () => ({ alive: true, pid: process.pid }));
  for (const path of ['/health', '/health/ready'])
    server.get(path, async (_, reply) => {
      const found = await readiness();
      return reply.status(found.ready ? 200 : 503).send(found);
    });
}
