import type { FastifyInstance, FastifyRequest } from 'fastify';
import { nobody } from '../core/actor.ts';
import type { HearEnd } from './request-end.ts';

/** Runs `work`, and what follows from it, so that each line of the log says which request it was for. */
export type Within = (ids: RequestIds, work: () => void) => void;

export interface RequestIds {
  readonly request: string;
  /** Set once it is known whose key it came with. */
  actor?: string;
  /** Set where there are traces: the one that it is in. */
  trace?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    ids: RequestIds;
  }
}

/** Hears of each request to the API, and of how it ended, as traces do. */
export interface RequestListener {
  /** Answers the id of its trace; `traceparent` is the header by which a caller says which one it belongs to. */
  receive(request: string, traceparent: unknown): string;
  answer(
    request: string,
    told: {
      readonly method: string;
      readonly route: string;
      readonly status: number;
      readonly tookMs: number;
    },
  ): void;
}

/** Has whatever is logged on the way of a request say its id. */
export function tagRequests(server: FastifyInstance, within: Within = (_, work) => work()): void {
  server.decorateRequest('ids', null as unknown as RequestIds);
  server.addHook('onRequest', (request, _, done) => {
    request.ids = { request: request.id };
    within(request.ids, done);
  });
  // Reading a body goes by events of the connection, which know nothing of the request.
  server.addHook('preValidation', (request, _, done) => {
    const { ids, actor } = request;
    if (actor && actor !== nobody) ids.actor = `${actor.kind} ${actor.id}`;
    within(ids, done);
  });
}

/**
 * Tells `listener` of what is asked of the API; health and metrics are asked all the time. Answers whoever is to hear of
 * the ends.
 */
export function tellRequests(server: FastifyInstance, listener: RequestListener): HearEnd {
  const isTold = ({ url }: FastifyRequest) => url.startsWith('/api/');
  server.addHook('onRequest', (request, _, done) => {
    if (isTold(request))
      request.ids.trace = listener.receive(request.id, request.headers['traceparent']);
    done();
  });
  return (request, { status, tookMs }) => {
    const { id, method, routeOptions } = request;
    if (isTold(request))
      listener.answer(id, { method, route: routeOptions.url ?? 'none', status, tookMs });
  };
}
