import { z } from 'zod';
import { sendEvent } from '../../runtime/index.ts';
import type { Operated, Server } from '../operated.ts';

const event = z.strictObject({
  name: z.string(),
  key: z.string().optional(),
  payload: z.unknown().default({}),
});

/** Events for the runs that wait for them. */
export function eventRoutes(server: Server, { database, catalogue }: Operated): void {
  server.post('/events', { schema: { body: event } }, async ({ body }, reply) => {
    const { name, key, payload } = body;
    const sent = { name, payload, ...(key !== undefined && { key }) };
    return reply.status(202).send(await sendEvent({ database, catalogue }, sent));
  });
}
