import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';

/** How long a handler may take before it is answered for. */
export const handlerMs = 30_000;

/** For a route that is to take its time: what it waits for ends it. */
export const endless = { handlerTimeout: 2 ** 31 - 1 };

/**
 * Answers for handlers that take too long. Fastify's own `handlerTimeout` ends with the body of a request, so that it
 * counts for those without one only.
 */
export function answerInTime(server: FastifyInstance, ms = handlerMs): void {
  server.addHook('preHandler', (request, reply, done) => {
    if (!isWaiting(request)) {
      const timer = setTimeout(() => {
        if (!reply.sent) void reply.send(new Failure('request.slow', { seconds: ms / 1000 }));
      }, ms);
      reply.raw.once('close', () => clearTimeout(timer));
    }
    done();
  });
}

/** It asked to wait, or for what happens from now on. */
function isWaiting({ query, routeOptions }: FastifyRequest): boolean {
  const isEndless = routeOptions.handlerTimeout === endless.handlerTimeout;
  const isStream = routeOptions.method === 'GET' && routeOptions.url?.endsWith('/events');
  return isEndless && (isStream === true || (query as { wait?: number }).wait !== undefined);
}
