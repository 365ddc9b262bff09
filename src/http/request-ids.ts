import type { FastifyInstance, FastifyRequest } from 'fastify';
import { nobody } from '../core/actor.ts';

/** Runs `work`, and what follows from it, so that each line of the log says which request it was for. */
export type Within = (ids: RequestIds, work: () => void) => void;

export interface RequestIds {
  readonly request: string;
  /** Set once it is known whose key it came with. */
  actor?: string;
}

/** Hears of each request to the API, and of its answer, as traces do. */
export interface RequestListener {
  /** `traceparent`: the header by which a caller says which trace it belongs to. */
  receive(request: string, traceparent: unknown): void;
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
  const known = new WeakMap<FastifyRequest, RequestIds>();
  server.addHook('onRequest', (request, _, done) => {
    const ids: RequestIds = { request: request.id };
    known.set(request, ids);
    within(ids, done);
  });
  // Reading a body goes by events of the connection, which know nothing of the request.
  server.addHook('preValidation', (request, _, done) => {
    const ids = known.get(request)!;
    const { actor } = request;
    if (actor && actor !== nobody) ids.actor = `${actor.kind} ${actor.id}`;
    within(ids, done);
  });
}

/** Tells `listener` of what is asked of the API; health and metrics are asked all the time. */
export function tellRequests(server: FastifyInstance, listener: RequestListener): void {
  const isTold = ({ url }: FastifyRequest) => url.startsWith('/api/');
  server.addHook('onRequest', (request, _, done) => {
    if (isTold(request)) listener.receive(request.id, request.headers['traceparent']);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { id, method, routeOptions } = request;
    const { statusCode: status, elapsedTime: tookMs } = reply;
    if (isTold(request))
      listener.answer(id, { method, route: routeOptions.url ?? 'none', status, tookMs });
    done();
  });
}
