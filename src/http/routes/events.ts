import { z } from 'zod';
import { doOnce, type Once, sendEvent } from '../../runtime/index.ts';
import { answering } from '../answering.ts';
import { idempotencyHeaders, markReplayed, readRequestKey } from '../idempotency.ts';
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
      const once = readRequestKey(request);
      const writing = request.changing({
        resource: 'event',
        ids: [name],
        details: { key: key ?? null },
        tell: (sent) => ((sent as Once<unknown>).replayed ? undefined : {}),
      });
      const { answer, replayed } = await doOnce(writing, once, (tx) =>
        sendEvent({ database, catalogue }, sent, { tx }),
      );
      markReplayed(reply, replayed);
      return reply.status(202).send(answer);
    },
  );
}
