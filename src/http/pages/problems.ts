import type { FastifyReply, FastifyRequest } from 'fastify';
import { renderProblem } from '../../console/index.ts';
import type { Problem } from '../problem.ts';
import { dropSession } from '../session-cookie.ts';
import { readerOf, sendPage } from './send.ts';

/** Shows to a browser what went wrong; whoever has no session is asked for a key, and comes back after. */
export function showProblem(
  { status, detail, code }: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (status === 401) return askForKey(code, request, reply);
  const reader = readerOf(request);
  const back = backFrom(request);
  return sendPage(reply.status(status), renderProblem({ reader, status, detail, code, back }));
}

function askForKey(code: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const query = new URLSearchParams({ next: pageOf(request) });
  if (code !== 'auth.required') {
    query.set('over', '');
    dropSession(reply);
  }
  return reply.redirect(`/login?${query.toString()}`, 303);
}

/** The page that a request is of: for a change, that of the run that it is about. */
function pageOf({ method, url, params }: FastifyRequest): string {
  if (method === 'GET') return url;
  const { id } = params as { id?: string };
  return id === undefined ? '/' : `/runs/${encodeURIComponent(id)}`;
}

function backFrom(request: FastifyRequest): { readonly path: string; readonly name: string } {
  const path = pageOf(request);
  return request.method === 'GET' || path === '/'
    ? { path: '/', name: 'All runs' }
    : { path, name: 'Back to the run' };
}
