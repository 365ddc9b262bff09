import { z } from 'zod';
import { doOnce, sendEvent } from '../../runtime/index.ts';
import { idempotencyHeaders, markReplayed, readRequestKey } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';

const event = z.strictObject({
  name: z.string(),
  key: z.string().optional(),
  payload: z.unknown().default({}),
});

/** Events for the runs that wait for them. */
export function eventRoutes(server: Server, { database, catalogue, callerOf }: Operated): void {
  server.post(
    '/events',
    { schema: { headers: idempotencyHeaders, body: event } },
    async (request, reply) => {
      const { name, key, payload } = request.body;
      const sent = { name, payload, ...(key !== undefined && { key }) };
      const once = readRequestKey(request, callerOf);
      const { answer, replayed } = await doOnce(database, once, (tx) =>
        sendEvent({ database, catalogue }, sent, { tx }),
      );
      markReplayed(reply, replayed);
      return reply.status(202).send(answer);
    },
  );
}
