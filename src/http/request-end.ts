import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How a request ended. */
export interface RequestEnd {
  /** 499 where the client went before it had an answer, as nginx has it. */
  readonly status: number;
  readonly tookMs: number;
  /** The client went before it had the whole answer. */
  readonly isAborted: boolean;
}

export type HearEnd = (request: FastifyRequest, end: RequestEnd) => void;

declare module 'fastify' {
  interface FastifyRequest {
    hasEnded: boolean;
  }
}

const clientGone = 499;

/** Tells all of `hearers` of the end of each request exactly once, also where its client did not stay for it. */
export function tellEnds(server: FastifyInstance, hearers: readonly HearEnd[]): void {
  if (hearers.length === 0) return;
  server.decorateRequest('hasEnded', false);

  function end(request: FastifyRequest, reply: FastifyReply, isAborted: boolean): void {
    if (request.hasEnded) return;
    request.hasEnded = true;
    const isAnswered = !isAborted || reply.raw.headersSent;
    const status = isAnswered ? reply.statusCode : clientGone;
    for (const hear of hearers) hear(request, { status, tookMs: reply.elapsedTime, isAborted });
  }

  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => end(request, reply, !reply.raw.writableFinished));
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    end(request, reply, false);
    done();
  });
}
