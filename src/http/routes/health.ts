import { z } from 'zod';
import { answering } from '../answering.ts';
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

const live = z.strictObject({ alive: z.literal(true), pid: z.int() });
const component = z.strictObject({
  name: z.string(),
  state: z.enum(['ready', 'degraded', 'down']),
  says: z.string().optional(),
});
const ready = z.strictObject({ ready: z.boolean(), components: z.array(component) });
const whole = z.strictObject({
  state: z.enum(['up', 'degraded', 'down']).optional(),
  ready: z.boolean(),
  components: z.array(
    component.extend({ latencyMs: z.number().optional(), todo: z.string().optional() }),
  ),
});

/** Whoever looks whether the process lives is not counted. */
const open = { config: { isCounted: false } };

/**
 * `/health/live`: the event loop turns. `/health/ready`: 200 or 503, with the components of the process. `/health`: the
 * same with the rest of the installation, latencies, and what to do; 200 also when it is degraded.
 */
export function healthRoutes(server: Server, source: HealthSource): void {
  server.get(
    '/health/live',
    {
      ...open,
      schema: { tags: ['health'], summary: 'The event loop turns', ...answering({ 200: live }) },
    },
    () => ({ alive: true, pid: process.pid }) as const,
  );
  server.get(
    '/health/ready',
    {
      ...open,
      schema: {
        tags: ['health'],
        summary: 'Whether the process does its work',
        ...answering({ 200: ready, 503: ready }),
      },
    },
    async (_, reply) => {
      const { ready, components } = await source.readiness();
      return reply.status(ready ? 200 : 503).send({ ready, components: [...components] });
    },
  );
  server.get(
    '/health',
    {
      ...open,
      schema: {
        tags: ['health'],
        summary: 'How the process and the installation are, and what to do',
        ...answering({ 200: whole, 503: whole }),
      },
    },
    async (_, reply) => {
      const found = await (source.health ?? source.readiness)();
      return reply
        .status(found.ready ? 200 : 503)
        .send({ ...found, components: [...found.components] });
    },
  );
}
