import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Auth } from '../../auth/index.ts';
import { Failure } from '../../core/errors.ts';
import { isFinal } from '../../core/run.ts';
import { findRun } from '../../ledger/index.ts';
import { answering } from '../answering.ts';
import { readMark } from '../event-mark.ts';
import type { Operated, Server } from '../operated.ts';
import { endless } from '../patience.ts';
import { hiddenFrom, redactEvent } from '../redaction.ts';
import { streamRun } from '../run-events.ts';
import type { RunWatch } from '../run-watch.ts';
import { byId } from './run-schemas.ts';

export interface StreamOptions {
  readonly watch: RunWatch;
  /** Streams at a time at the most. */
  readonly most?: number;
  readonly heartbeatMs?: number;
}

const headers = z.looseObject({
  'last-event-id': z
    .string()
    .optional()
    .describe('The id of the last event that arrived: what came after it follows.'),
});

const eventStream = {
  description: 'Events `state`, `attempt`, `log`, `progress` and `end`, each with its id.',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** A client that takes nothing for so long is gone. */
const silenceMs = 60_000;

/** What happens to a run, as it happens, by server-sent events. */
export function runEventRoutes(
  server: Server,
  { database, auth }: Operated,
  { watch, most = 2000, heartbeatMs = 15_000 }: StreamOptions,
): void {
  const closing = new AbortController();
  let open = 0;
  server.addHook('preClose', () => Promise.resolve(closing.abort()));

  server.get(
    '/runs/:id/events',
    {
      ...endless,
      exposeHeadRoute: false,
      schema: {
        tags: ['runs'],
        summary: 'What happens to it, as it happens, by server-sent events',
        headers,
        params: byId,
        response: { ...answering({ 204: z.null() }).response, 200: eventStream },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const mark = readMark(request.headers['last-event-id']);
      const run = await findRun(database, id);
      // 204 tells an EventSource, which comes again after each end, to stop.
      if (mark.ended && isFinal(run.state)) return reply.status(204).send();
      if (open >= most) throw new Failure('events.crowded', { most });
      // Who is gone already has had its close, and would keep its place for ever.
      if (reply.raw.destroyed) return reply.hijack();
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      reply.raw.setTimeout(silenceMs, () => reply.raw.destroy());
      open++;
      const forget = watchKey({ auth, request, heartbeatMs }, () => gone.abort());
      reply.raw.once('close', () => {
        open--;
        forget();
        gone.abort();
      });
      const hides = hiddenFrom(request);
      const show = hides ? { show: redactEvent(hides) } : {};
      const events = streamRun(
        { sql: database, watch },
        { id: run.id, mark: { ...mark, ended: false }, signal, heartbeatMs, ...show },
      );
      return (
        reply
          .type('text/event-stream')
          // A server that closes would wait for the next request of a connection that is kept.
          .header('connection', 'close')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no')
          .send(Readable.from(events, { objectMode: false, highWaterMark: 16 * 1024 }))
      );
    },
  );
}

interface Watched {
  readonly auth: Auth;
  readonly request: FastifyRequest;
  readonly heartbeatMs: number;
}

/** Calls `end` soon after the key that the stream was opened with has ended. */
function watchKey({ auth, request, heartbeatMs }: Watched, end: () => void): () => void {
  const { actor, headers } = request;
  if (actor.kind !== 'key') return () => {};
  const timer = setInterval(() => {
    auth.authenticate(headers.authorization).catch((error: unknown) => {
      if (error instanceof Failure && error.kind === 'denied') end();
    });
  }, heartbeatMs);
  return () => clearInterval(timer);
}
