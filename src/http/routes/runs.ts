import { z } from 'zod';
import { isFinal, type Run, runStates } from '../../core/run.ts';
import {
  findAdopted,
  findNewestVersion,
  findRun,
  findTree,
  listLogs,
  listPastAttempts,
  listReplays,
  listRuns,
  listSteps,
  listWaits,
  retryRun,
} from '../../ledger/index.ts';
import { cancel, replayOnce } from '../../runtime/index.ts';
import { idempotencyHeaders, markReplayed, readRequestKey } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';
import { endless } from '../patience.ts';
import type { RunWatch } from '../run-watch.ts';
import {
  byId,
  filterFields,
  newRun,
  optionalDuration,
  showRun,
  tellHold,
  toOptions,
} from './run-schemas.ts';
import { checkWait, signalOf, waitForEnd } from './wait.ts';

const page = z.object({
  ...filterFields,
  state: z.enum(runStates).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.uuid().optional(),
});

const waiting = z.strictObject({ wait: optionalDuration });

/** Accepting, finding, cancelling, retrying and replaying single runs. */
export function runRoutes(server: Server, operated: Operated, watch: RunWatch): void {
  const { database, queues, catalogue, enqueuer } = operated;
  const closing = new AbortController();
  server.addHook('preClose', () => Promise.resolve(closing.abort()));

  server.post(
    '/runs',
    {
      ...endless,
      schema: {
        headers: idempotencyHeaders,
        body: newRun,
        querystring: waiting,
      },
    },
    async (request, reply) => {
      const { job, payload, ...options } = request.body;
      const { query } = request;
      checkWait(query.wait);
      const once = readRequestKey(request, operated.callerOf);
      const { id, existing, replayed } = await enqueuer.offer(job, payload, {
        ...toOptions(options),
        ...(once && { once }),
      });
      markReplayed(reply, replayed);
      if (query.wait === undefined)
        return reply.status(202).send({ id, ...(existing && { existing }) });
      await waitForEnd(watch, { id, ms: query.wait, signal: signalOf(reply, closing.signal) });
      const run = await findRun(database, id);
      return reply.status(isFinal(run.state) ? 200 : 202).send(showRun(run));
    },
  );

  server.get('/runs', { schema: { querystring: page } }, async ({ query }) => {
    const { cursor, state, ...rest } = query;
    const runs = await listRuns(database, {
      ...rest,
      states: state && [state],
      before: cursor,
    });
    return {
      runs: runs.map(showRun),
      ...(runs.length === query.limit && { cursor: runs[runs.length - 1]?.id }),
    };
  });

  server.get(
    '/runs/:id',
    { ...endless, schema: { params: byId, querystring: waiting } },
    async (request, reply) => {
      const { id } = request.params;
      const { wait } = request.query;
      checkWait(wait);
      if (wait !== undefined) {
        await findRun(database, id);
        await waitForEnd(watch, { id, ms: wait, signal: signalOf(reply, closing.signal) });
      }
      const run = await findRun(database, id);
      return {
        ...showRun(run),
        waitsFor: await findReason(operated, run),
        heldBack: await tellHold(database, run),
        adoptedFrom: await findAdopted(database, id),
        pastAttempts: await listPastAttempts(database, id),
        steps: await listSteps(database, id),
        replays: await listReplays(database, id),
        waits: await listWaits(database, id),
        ...(await findTree(database, id)),
      };
    },
  );

  server.get(
    '/runs/:id/logs',
    {
      schema: {
        params: byId,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0) }),
      },
    },
    async ({ params: { id }, query: { after } }) => {
      await findRun(database, id);
      return { lines: await listLogs(database, id, { after }) };
    },
  );

  server.post(
    '/runs/:id/cancel',
    {
      schema: {
        params: byId,
        body: z.strictObject({ reason: z.string().optional() }).nullish(),
      },
    },
    async ({ params: { id }, body }) => {
      const reason = body?.reason ?? 'cancelled by hand';
      return showRun(await cancel({ sql: database, queues }, { id, reason }));
    },
  );

  server.post('/runs/:id/retry', { schema: { params: byId } }, async ({ params: { id } }) =>
    showRun(await retryRun(database, id)),
  );

  server.post(
    '/runs/:id/replay',
    {
      schema: {
        headers: idempotencyHeaders,
        params: byId,
        body: z.strictObject({ payload: z.unknown().optional() }).nullish(),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const once = readRequestKey(request, operated.callerOf);
      const asked = { id, payload: request.body?.payload, once };
      const { answer, replayed } = await replayOnce({ database, catalogue }, asked);
      markReplayed(reply, replayed);
      return reply.status(202).send({ id: answer, replayOf: id });
    },
  );
}

/** Why nobody takes a queued run that could begin, or null. */
async function findReason(
  { database, detectionMs }: Operated,
  { state, job, version }: Run,
): Promise<string | null> {
  if (state !== 'queued') return null;
  const known = await findNewestVersion(database, job, detectionMs);
  if (known === undefined || known >= version) return null;
  return `a worker with version ${version} of ${job}; the newest that runs has version ${known}`;
}
