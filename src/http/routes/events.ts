import { z } from 'zod';
import { sendEvent } from '../../runtime/index.ts';
import { answering } from '../answering.ts';
import { changingOnce, idempotencyHeaders } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';

const event = z
  .strictObject({
    name: z.string(),
    key: z.string().optional(),
    payload: z.unknown().default({}),
  })
  .meta({ examples: [{ name: 'order.paid', key: '4711', payload: { amount: 12 } }] });

/** Events for the runs that wait for them. */
export function eventRoutes(server: Server, { database, catalogue }: Operated): void {
  server.post(
    '/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Send an event to the runs that wait for it',
        headers: idempotencyHeaders,
        body: event,
        ...answering({
          202: z.strictObject({ woken: z.int() }).meta({ examples: [{ woken: 1 }] }),
        }),
      },
    },
    async (request, reply) => {
      const { name, key, payload } = request.body;
      const sent = { name, payload, ...(key !== undefined && { key }) };
      const writing = changingOnce(request, reply, {
        resource: 'event',
        ids: [name],
        details: { key: key ?? null },
      });
      const answer = await writing.transaction((tx) =>
        sendEvent({ database, catalogue }, sent, { tx }),
      );
      return reply.status(202).send(answer);
    },
  );
}
