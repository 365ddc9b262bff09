import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../core/errors.ts';

/** How long a handler may take before it is answered for. */
const handlerMs = 30_000;

/** For a route that goes on until what it tells of ends. */
export const endless = { config: { isEndless: true } };

declare module 'fastify' {
  interface FastifyContextConfig {
    isEndless?: boolean;
  }

  interface FastifyRequest {
    /** Ends when the handler has taken too long; null where it may. */
    patience: NodeJS.Timeout | null;
  }
}

/**
 * Answers for handlers that take too long, whose time begins anew once the body is read. Fastify's own `handlerTimeout`
 * ends with the body of a request, so that it would count for those without one only.
 */
export function answerInTime(server: FastifyInstance, ms = handlerMs): void {
  server.decorateRequest('patience', null);
  server.addHook('onRequest', (request, reply, done) => {
    if (!isWaiting(request)) {
      const timer = setTimeout(() => {
        // As long as its body still comes, the server itself judges how slowly that may be.
        if (reply.sent || !request.raw.complete) return;
        void reply.send(new Failure('request.slow', { seconds: ms / 1000 }));
      }, ms);
      request.patience = timer;
      reply.raw.once('close', () => clearTimeout(timer));
    }
    done();
  });
  server.addHook('preHandler', (request, _, done) => {
    request.patience?.refresh();
    done();
  });
}

/** It asks to wait, or for what happens from now on. */
function isWaiting({ query, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.isEndless === true || 'wait' in (query as object);
}
