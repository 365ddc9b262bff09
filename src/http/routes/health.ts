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

/** The same as `/health` tells it. */
export interface ComponentReport extends ComponentHealth {
  /** How long it took to answer, or to be given up. */
  readonly latencyMs: number;
  /** What to do about what is wrong. */
  readonly todo?: string;
}

/** How the process and what it is part of are. */
export interface Health {
  /** `degraded`: something is wrong, and the process does its work all the same. */
  readonly state: 'up' | 'degraded' | 'down';
  readonly ready: boolean;
  readonly components: readonly ComponentReport[];
}

/** What a process knows of how it is. */
export interface HealthSource {
  readiness(): Promise<Readiness>;
  /** Absent: `/health` tells what `/health/ready` tells. */
  health?(): Promise<Health>;
}

/**
 * `/health/live`: the event loop turns. `/health/ready`: 200 or 503, with the components of the process. `/health`: the
 * same with the rest of the installation, latencies, and what to do; 200 also when it is degraded.
 */
export function healthRoutes(server: Server, source: HealthSource): void {
  server.get('/health/live', () => ({ alive: true, pid: process.pid }));
  server.get('/health/ready', async (_, reply) => {
    const found = await source.readiness();
    return reply.status(found.ready ? 200 : 503).send(found);
  });
  server.get('/health', async (_, reply) => {
    const found = await (source.health ?? source.readiness)();
    return reply.status(found.ready ? 200 : 503).send(found);
  });
}
