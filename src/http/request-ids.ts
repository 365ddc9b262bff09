import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Runs `work`, and what follows from it, so that each line of the log says which request it was for. */
export type Within = (ids: { readonly request: string }, work: () => void) => void;

/** Ids that no other process gives, too. */
export const newRequestId = (): string => randomUUID();

/** Answers every request with its id (`x-request-id`), and has whatever is logged on its way say it. */
export function tagRequests(server: FastifyInstance, within: Within = (_, work) => work()): void {
  const known = new WeakMap<FastifyRequest, { readonly request: string }>();
  server.addHook('onRequest', (request, reply, done) => {
    const ids = { request: request.id };
    known.set(request, ids);
    void reply.header('x-request-id', request.id);
    within(ids, done);
  });
  // Reading a body goes by events of the connection, which know nothing of the request.
  server.addHook('preValidation', (request, _, done) => within(known.get(request)!, done));
}
