import { z } from 'zod';
import { isFinal } from '../../core/run.ts';
import { findRun } from '../../ledger/index.ts';
import { replayOnce } from '../../runtime/index.ts';
import { answering } from '../answering.ts';
import { idempotencyHeaders, markReplayed, readRequestKey } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';
import type { RunWatch } from '../run-watch.ts';
import { acceptedAnswer, runAnswer } from './run-answers.ts';
import { byId, newRun, showRun, toOptions } from './run-schemas.ts';
import { checkWait, signalOf, waitForEnd, waiting } from './wait.ts';

const replaying = z
  .strictObject({ payload: z.unknown().optional() })
  .nullish()
  .meta({ examples: [{ payload: { mailbox: 'sample' } }] });

/** Accepting single runs, new ones and replays. */
export function acceptRoutes(server: Server, operated: Operated, watch: RunWatch): void {
  const { database, catalogue, enqueuer } = operated;
  const closing = new AbortController();
  server.addHook('preClose', () => Promise.resolve(closing.abort()));

  server.post(
    '/runs',
    {
      schema: {
        tags: ['runs'],
        summary: 'Accept a run; with ?wait answer its end',
        headers: idempotencyHeaders,
        body: newRun,
        querystring: waiting,
        ...answering({ 200: runAnswer, 202: z.union([acceptedAnswer, runAnswer]) }),
      },
    },
    async (request, reply) => {
      const { job, payload, ...options } = request.body;
      const { wait } = request.query;
      checkWait(wait);
      const once = readRequestKey(request);
      const { id, existing, replayed } = await enqueuer.offer(job, payload, {
        ...toOptions(options),
        ...(once && { once }),
        by: request.author(),
      });
      markReplayed(reply, replayed);
      if (wait === undefined) return reply.status(202).send({ id, ...(existing && { existing }) });
      await waitForEnd(watch, { id, ms: wait, signal: signalOf(reply, closing.signal) });
      const run = await findRun(database, id);
      return reply.status(isFinal(run.state) ? 200 : 202).send(showRun(run));
    },
  );

  server.post(
    '/runs/:id/replay',
    {
      schema: {
        tags: ['runs'],
        summary: 'Accept a new run like one that has ended, with its payload or another',
        headers: idempotencyHeaders,
        params: byId,
        body: replaying,
        ...answering({ 202: z.strictObject({ id: z.string(), replayOf: z.string() }) }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const once = readRequestKey(request);
      const asked = { id, payload: request.body?.payload, once, by: request.author() };
      const { answer, replayed } = await replayOnce({ database, catalogue }, asked);
      markReplayed(reply, replayed);
      return reply.status(202).send({ id: answer, replayOf: id });
    },
  );
}
