import type { FastifyRequest, preParsingAsyncHookHandler } from 'fastify';
import { z } from 'zod';
import { Failure } from '../../core/errors.ts';
import type { Sql } from '../../core/sql.ts';
import { uuidPattern } from '../../core/uuid.ts';
import {
  deliveryOutcomes,
  type Hooks,
  selectDeliveries,
  showDelivery,
  showHooks,
} from '../../hooks/index.ts';
import { answering, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOf, readCursor } from '../paging.ts';
import { deliveryAnswer, hookAnswer, receivedAnswer, wholeDelivery } from './hook-answers.ts';

const byName = z.strictObject({ name: z.string() });
const byDelivery = z.strictObject({ name: z.string(), id: z.uuid() });
const filter = z.strictObject({
  outcome: z.enum(deliveryOutcomes).optional(),
  event: z.string().optional(),
  ...pageFields(50),
});

/** Webhooks: what they deliver is taken as the bytes that were signed, and everything of it is in their log. */
export function hookRoutes(server: Server, { database, hooks }: Operated): void {
  if (!hooks) return;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });

  receiveRoute(server, hooks);
  logRoutes(server, database, hooks);
}

function receiveRoute(server: Server, hooks: Hooks): void {
  server.post(
    '/hooks/:name',
    {
      schema: {
        tags: ['hooks'],
        summary: 'Take what a sender signed, and enqueue what it asks for',
        params: byName,
        ...answering({ 200: receivedAnswer, 202: receivedAnswer }),
      },
      bodyLimit: hooks.options.limitBytes,
      preParsing: openRoom(hooks),
    },
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
}

/** All bodies of strangers together that are read, or stand in line, at a time. */
const mostHeldBytes = 256 * 1024 ** 2;

/** Before a body is read: there is such a hook, and memory for what whoever sends it may send. */
function openRoom(hooks: Hooks): preParsingAsyncHookHandler {
  let held = 0;
  return async ({ params, headers }, { raw }) => {
    const { name } = hooks.find((params as { name: string }).name);
    const said = Number(headers['content-length'] ?? hooks.options.limitBytes);
    const size = Math.min(said, hooks.options.limitBytes);
    if (held + size > mostHeldBytes) throw new Failure('hook.busy', { hook: name });
    if (raw.destroyed) return;
    held += size;
    raw.once('close', () => (held -= size));
  };
}

function logRoutes(server: Server, database: Sql, hooks: Hooks): void {
  server.get(
    '/hooks',
    {
      schema: {
        tags: ['hooks'],
        summary: 'Hooks, what they trigger, and what they lack',
        ...answering({ 200: z.strictObject({ hooks: z.array(hookAnswer) }) }),
      },
    },
    async () => ({ hooks: await showHooks(database, hooks) }),
  );

  server.get(
    '/hooks/:name/deliveries',
    {
      schema: {
        tags: ['hooks'],
        summary: 'The log of a hook, newest first',
        params: byName,
        querystring: filter,
        ...answering({ 200: pageAnswer('deliveries', deliveryAnswer) }),
      },
    },
    async ({ params: { name }, query: { cursor, limit, ...rest } }) => {
      const before = readCursor('deliveries', cursor, uuidPattern);
      const wanted = { ...rest, before, limit: limit + 1 };
      const rows = await selectDeliveries(database, hooks.find(name).name, wanted);
      const { page, next } = pageOf('deliveries', { rows, limit, placeOf: ({ id }) => id });
      return { deliveries: page, ...next };
    },
  );

  server.get(
    '/hooks/:name/deliveries/:id',
    {
      schema: {
        tags: ['hooks'],
        summary: 'A delivery with its body',
        params: byDelivery,
        ...answering({ 200: wholeDelivery }),
      },
    },
    ({ params: { name, id } }) => showDelivery(database, hooks.find(name).name, id),
  );

  server.post(
    '/hooks/:name/deliveries/:id/redeliver',
    {
      schema: {
        tags: ['hooks'],
        summary: 'Let a delivery happen again, as if it came now',
        params: byDelivery,
        ...answering({ 202: receivedAnswer }),
      },
    },
    async (request, reply) => {
      const { name, id } = request.params;
      const writing = request.changing({
        resource: 'delivery',
        ids: [id],
        details: { hook: name },
      });
      const by = request.author();
      return reply.status(202).send(await hooks.redeliver(name, id, { database: writing, by }));
    },
  );
}

function incoming({ body, headers, ip }: Pick<FastifyRequest, 'body' | 'headers' | 'ip'>) {
  return { body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers, source: ip };
}
