import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Reader } from '../../console/index.ts';
import { hiddenFrom, redact } from '../redaction.ts';
import { readSession } from '../session-cookie.ts';

/** Answers with a page, which no cache keeps: it may show what only this reader may see. */
export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return (
    reply
      .header('cache-control', 'no-store')
      // With none at all, a browser does not say of our own forms either where they come from.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(page)
  );
}

/** Who looks at the page; undefined for strangers. */
export function readerOf(request: FastifyRequest): Reader | undefined {
  // A request that was refused at once has no actor yet.
  const actor = request.actor as FastifyRequest['actor'] | null;
  if (actor === null || actor.id === 'nobody') return undefined;
  const { name, role, kind } = actor;
  return { name, role, hasSession: kind === 'key' && readSession(request) !== undefined };
}

/** What may not be seen does not come near the page. */
export function shownTo<Shown>(request: FastifyRequest, what: Shown): Shown {
  const hides = hiddenFrom(request);
  return hides ? (redact(what, hides) as Shown) : what;
}
