import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { checkHost } from './host.ts';
import type { DoorOptions } from './options.ts';
import { limitStrangers } from './strangers.ts';

/** Hardens a server that listens on a port, before its routes are registered. */
export async function guardDoor(server: FastifyInstance, options: DoorOptions): Promise<void> {
  checkHost(server, options);
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: {
      policy: options.corsOrigins.length > 0 ? 'cross-origin' : 'same-origin',
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: options.tls
      ? { maxAge: yearSeconds, includeSubDomains: false }
      : false,
    xFrameOptions: { action: 'deny' },
  });
  server.addHook('onRequest', (_, reply, done) => {
    void reply.header('permissions-policy', permissions);
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

const yearSeconds = 31_536_000;

const directives = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
};

const permissions = ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'display-capture']
  .map((feature) => `${feature}=()`)
  .join(', ');
