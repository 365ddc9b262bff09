import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deliveryOutcomes, selectDeliveries, showDelivery, showHooks } from '../../hooks/index.ts';
import type { Operated, Server } from '../operated.ts';

const byName = z.object({ name: z.string() });
const byDelivery = z.object({ name: z.string(), id: z.uuid() });
const page = z.object({
  outcome: z.enum(deliveryOutcomes).optional(),
  event: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.uuid().optional(),
});

/** Webhooks: what they deliver is taken as the bytes that were signed, and everything of it is in their log. */
export function hookRoutes(server: Server, { database, hooks }: Operated): void {
  if (!hooks) return;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  server.post(
    '/hooks/:name',
    { schema: { params: byName }, bodyLimit: hooks.options.limitBytes },
    async (request, reply) => {
      const received = await hooks.receive(request.params.name, incoming(request));
      return reply.status(received.outcome === 'duplicate' ? 200 : 202).send(received);
    },
  );
  // What is too large is not read, so that no handler hears of it.
  server.setErrorHandler(async (error: Error & { code?: string }, request) => {
    const { name } = request.params as { name?: string };
    if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE' || name === undefined) throw error;
    const size = Number(request.headers['content-length'] ?? hooks.options.limitBytes + 1);
    throw Object.assign(error, {
      failure: await hooks.refuseTooLarge(name, incoming(request), size),
    });
  });

  server.get('/hooks', async () => ({ hooks: await showHooks(database, hooks) }));

  server.get(
    '/hooks/:name/deliveries',
    { schema: { params: byName, querystring: page } },
    async ({ params: { name }, query: { cursor, ...filter } }) => {
      const deliveries = await selectDeliveries(database, hooks.find(name).name, {
        ...filter,
        before: cursor,
      });
      return {
        deliveries,
        ...(deliveries.length === filter.limit && { cursor: deliveries.at(-1)?.id }),
      };
    },
  );

  server.get(
    '/hooks/:name/deliveries/:id',
    { schema: { params: byDelivery } },
    ({ params: { name, id } }) => showDelivery(database, hooks.find(name).name, id),
  );

  server.post(
    '/hooks/:name/deliveries/:id/redeliver',
    { schema: { params: byDelivery } },
    async ({ params: { name, id } }, reply) =>
      reply.status(202).send(await hooks.redeliver(name, id)),
  );
}

function incoming({ body, headers, ip }: Pick<FastifyRequest, 'body' | 'headers' | 'ip'>) {
  return { body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers, source: ip };
}
