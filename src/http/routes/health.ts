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

const live = z.strictObject({ alive: z.literal(true), pid: z.int() });
const ready = z.strictObject({
  ready: z.boolean(),
  components: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(['ready', 'degraded', 'down']),
      says: z.string().optional(),
    }),
  ),
});

/** Whoever looks whether the process lives is not counted. */
const open = { config: { isCounted: false } };

/** `/health/live`: the event loop turns. `/health/ready`, and `/health` alike: 200 or 503, with the components. */
export function healthRoutes(server: Server, readiness: () => Promise<Readiness>): void {
  server.get(
    '/health/live',
    {
      ...open,
      schema: { tags: ['health'], summary: 'The event loop turns', ...answering({ 200: live }) },
    },
    () => ({ alive: true, pid: process.pid }),
  );
  for (const path of ['/health', '/health/ready'])
    server.get(
      path,
      {
        ...open,
        schema: {
          tags: ['health'],
          summary: 'Whether the process does its work',
          ...answering({ 200: ready, 503: ready }),
        },
      },
      async (_, reply) => {
        const found = await readiness();
        return reply.status(found.ready ? 200 : 503).send(found);
      },
    );
}
