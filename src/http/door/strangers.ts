import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import type { DoorOptions } from './options.ts';

/**
 * So many requests a minute from one address whose caller nobody knows, counted in this process. An address that has
 * spent them is known until its minute ends, so that it costs nothing more than a look.
 */
export async function limitStrangers(
  server: FastifyInstance,
  { strangersPerMinute: max }: DoorOptions,
): Promise<void> {
  await server.register(rateLimit, { global: false });
  const count = server.createRateLimit({ max, timeWindow: 60_000 });
  const spentUntilMs = new Map<string, number>();
  server.decorate('countStranger', countStranger);
  server.decorate('refuseSpent', ({ ip }: FastifyRequest, reply: FastifyReply) => {
    const seconds = Math.ceil(((spentUntilMs.get(ip) ?? 0) - performance.now()) / 1000);
    if (seconds <= 0) return void spentUntilMs.delete(ip);
    tellLeft(reply, { remaining: 0, seconds });
    return new Failure('request.rate', { max, seconds });
  });
  // After the hooks that find out who calls, and before the body is read.
  server.addHook('preParsing', async (request, reply) => {
    const isCounted = request.routeOptions.config.isCounted ?? true;
    const refusal = isCounted && callerOf(request) === '' && (await countStranger(request, reply));
    if (refusal) throw refusal;
  });

  async function countStranger(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Failure | undefined> {
    const counted = await count(request);
    if (counted.isAllowed) return undefined;
    const { remaining, ttlInSeconds: seconds } = counted;
    tellLeft(reply, { remaining, seconds });
    if (!counted.isExceeded) return undefined;
    if (spentUntilMs.size >= mostAddresses) spentUntilMs.clear();
    spentUntilMs.set(request.ip, performance.now() + counted.ttl);
    return new Failure('request.rate', { max, seconds });
  }

  function tellLeft(reply: FastifyReply, { remaining, seconds }: Left): void {
    void reply
      .header('ratelimit-limit', max)
      .header('ratelimit-remaining', remaining)
      .header('ratelimit-reset', seconds);
  }
}

interface Left {
  readonly remaining: number;
  readonly seconds: number;
}

const mostAddresses = 10_000;

declare module 'fastify' {
  interface FastifyInstance {
    /** The failure for an address that has spent its minute, which is not counted again. */
    refuseSpent?(request: FastifyRequest, reply: FastifyReply): Failure | undefined;
    /** Counts a request that was refused for want of a good key; the failure when there were too many. */
    countStranger?(request: FastifyRequest, reply: FastifyReply): Promise<Failure | undefined>;
  }

  interface FastifyContextConfig {
    /** False: requests of strangers to it are not counted. */
    isCounted?: boolean;
  }
}
