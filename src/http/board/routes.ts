import { createReadStream } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { coversJob } from '../../core/job-scope.ts';
import type { Operated, Server } from '../operated.ts';
import { isChange } from '../origin.ts';
import { sendPage } from '../pages/send.ts';
import type { Board } from './board.ts';

/** Bull Board at `/queues`. It is loaded when somebody asks for it first. */
export function boardRoutes(server: Server, operated: Operated): void {
  const { queues } = operated;
  let loading: Promise<Board> | undefined;
  const load = () => (loading ??= import('./board.ts').then(({ openBoard }) => openBoard(queues)));

  server.get('/queues', async (_, reply) => {
    // With a server that is away the page could only say so in its own way, again and again.
    await queues.ping();
    return showBoard(reply, await load());
  });

  server.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/queues/*',
    handler: async (request, reply) => {
      const path = request.url.split('?', 1)[0]!.slice('/queues'.length);
      const board = await load();
      const file = board.files.get(path);
      if (file)
        return reply
          .header('cache-control', 'private, max-age=3600')
          .type(file.type)
          .send(createReadStream(file.path));
      if (path.startsWith('/api/')) return answer(operated, board, { request, reply, path });
      if (isChange(request) || path.startsWith('/static/')) return reply.callNotFound();
      await queues.ping();
      return showBoard(reply, board);
    },
  });
}

function showBoard(reply: FastifyReply, { page }: Board): FastifyReply {
  return sendPage(reply.header('content-security-policy', csp), page);
}

/** Its scripts find their way by `<base>`; else it is as strict as ours. */
const csp = [
  "default-src 'none'",
  "base-uri 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self'",
].join(';');

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly path: string;
}

async function answer(
  { catalogue }: Operated,
  board: Board,
  { request, reply, path }: Asked,
): Promise<unknown> {
  const { method, query, body, actor } = request;
  const names = catalogue.jobs.map(({ name }) => name);
  const answered = await board.answer({
    method,
    path,
    query,
    body,
    jobs: names.filter((name) => coversJob(actor.jobs, name)),
    maySeeWords: request.may('words:reveal'),
  });
  if (!answered) return reply.callNotFound();
  // As text: its own shapes are none of those that answers of the API are held to.
  return reply
    .status(answered.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(answered.body ?? {}));
}
