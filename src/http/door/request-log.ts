import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../caller.ts';
import type { HearEnd } from '../request-end.ts';
import type { RequestLine } from './options.ts';

/** The id that the client gave its request (`X-Request-Id`), else one of ours. */
export function nameRequest({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Answers each request with its id and how long it took. */
export function markAnswers(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (_, reply) => {
    void reply.header('server-timing', `total;dur=${reply.elapsedTime.toFixed(1)}`);
    return Promise.resolve();
  });
}

/** Writes a line for each request that has ended. */
export function logEnds(onRequest: (line: RequestLine) => void): HearEnd {
  return (request, { status, tookMs, isAborted }) =>
    onRequest({
      request: request.id,
      method: request.method,
      path: request.url.split('?', 1)[0]!,
      status,
      ms: Math.round(tookMs * 10) / 10,
      address: request.ip,
      caller: callerOf(request),
      ...(request.ids.trace !== undefined && { trace: request.ids.trace }),
      ...(isAborted && { aborted: true }),
    });
}
