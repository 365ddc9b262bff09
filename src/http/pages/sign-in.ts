import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { renderSignIn } from '../../console/index.ts';
import { nobody } from '../../core/actor.ts';
import type { Operated, Server } from '../operated.ts';
import type { Problem } from '../problem.ts';
import { dropSession, readSession, writeSession } from '../session-cookie.ts';
import { nextPath } from './next-path.ts';
import { sendPage } from './send.ts';

const asking = z.object({ next: z.string().optional(), over: z.string().optional() });
const showing = z.object({ next: z.string().optional(), key: z.string().default('') });

/** Pages by which people get a session for their key, and end it. */
export function signInRoutes(server: Server, { auth }: Operated): void {
  server.get('/login', { schema: { querystring: asking } }, ({ query }, reply) => {
    const fault = query.over === undefined ? undefined : 'The session is over. Sign in again.';
    return sendPage(reply, renderSignIn({ next: nextPath(query.next), fault }));
  });

  server.post(
    '/login',
    { schema: { body: showing }, config: { showProblem: askAgain } },
    async (request, reply) => {
      const { key, next } = request.body;
      const session = await auth.signIn(key.trim(), (actor) => {
        request.actor = actor;
        return request.changing({ resource: 'session', ids: [actor.id] });
      });
      const before = readSession(request);
      if (before !== undefined) await auth.signOut(before);
      writeSession(reply, session);
      return reply.redirect(nextPath(next), 303);
    },
  );

  server.post('/logout', async (request, reply) => {
    const token = readSession(request);
    if (token === undefined) request.changesNothing();
    else {
      request.actor = await auth.resume(token).then(
        ({ actor }) => actor,
        () => nobody,
      );
      const ids = request.actor === nobody ? [] : [request.actor.id];
      await auth.signOut(token, request.changing({ resource: 'session', ids }));
    }
    dropSession(reply);
    return reply.redirect('/login', 303);
  });
}

/** The page once more, with what was wrong with the key. */
function askAgain(
  { status, detail }: Problem,
  { body }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { next } = (body ?? {}) as { next?: unknown };
  const page = renderSignIn({
    next: nextPath(typeof next === 'string' ? next : undefined),
    fault: detail,
  });
  return sendPage(reply.status(status), page);
}
