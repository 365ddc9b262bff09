import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../core/errors.ts';
import type { CallerOf } from '../caller.ts';
import type { DoorOptions } from './options.ts';

/** So many requests a minute from one address whose caller nobody knows, counted in this process. */
export async function limitStrangers(
  server: FastifyInstance,
  { strangersPerMinute: max }: DoorOptions,
  callerOf: CallerOf,
): Promise<void> {
  await server.register(rateLimit, { global: false });
  const count = server.createRateLimit({ max, timeWindow: 60_000 });
  // After the hooks that find out who calls, and before the body is read.
  server.addHook('preParsing', async (request, reply) => {
    if (request.routeOptions.config.isCounted === false || callerOf(request) !== '') return;
    const counted = await count(request);
    if (counted.isAllowed) return;
    const seconds = counted.ttlInSeconds;
    void reply
      .header('ratelimit-limit', max)
      .header('ratelimit-remaining', counted.remaining)
      .header('ratelimit-reset', seconds);
    if (counted.isExceeded) throw new Failure('request.rate', { max, seconds });
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False: requests of strangers to it are not counted. */
    isCounted?: boolean;
  }
}
