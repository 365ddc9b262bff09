import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { safeHeaders, transportHeader } from './headers.ts';
import { checkHost } from './host.ts';
import type { DoorOptions } from './options.ts';
import { limitStrangers } from './strangers.ts';

/** Hardens a server that listens on a port, before its routes are registered. */
export async function guardDoor(server: FastifyInstance, options: DoorOptions): Promise<void> {
  checkHost(server, options);
  const headers = safeHeaders(options);
  server.addHook('onRequest', ({ protocol }, reply, done) => {
    void reply.headers(headers);
    if (protocol === 'https') void reply.headers(transportHeader);
    done();
  });
  if (options.corsOrigins.length > 0)
    await server.register(cors, {
      origin: [...options.corsOrigins],
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['etag', 'retry-after', 'x-request-id', 'idempotency-replayed'],
      maxAge: 600,
    });
  await limitStrangers(server, options);
  // Headers of a request beyond it are cut off by Node: nobody needs as many.
  server.server.maxHeadersCount = 100;
  server.server.maxConnections = options.connections;
}
