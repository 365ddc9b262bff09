import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { durationMs } from '../../core/duration.ts';
import { isFinal, type Run, runStates, shownState } from '../../core/run.ts';
import type { Sql } from '../../core/sql.ts';
import {
  findRun,
  listLogs,
  listPastAttempts,
  listRuns,
  listSteps,
  retryRun,
} from '../../ledger/index.ts';
import { cancel } from '../../runtime/index.ts';
import type { Operated, Server } from '../operated.ts';

const byId = z.object({ id: z.string() });
const duration = z.string().transform((text, check) => {
  try {
    return durationMs(text);
  } catch (error) {
    check.addIssue((error as Error).message);
    return z.NEVER;
  }
});

const newRun = z.strictObject({
  job: z.string(),
  payload: z.unknown().default({}),
  delay: duration.optional(),
  priority: z.int().min(0).max(2_097_151).default(0),
  expires: duration.optional(),
});

const filter = z.object({
  job: z.stringFormat('job name', /^[a-z\d-]+$/).optional(),
  state: z.enum(runStates).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.uuid().optional(),
});

const longestWaitMs = 60_000;

export function runRoutes(server: Server, { database, queues, enqueuer }: Operated): void {
  const closing = new AbortController();
  server.addHook('preClose', () => Promise.resolve(closing.abort()));

  server.post(
    '/runs',
    { schema: { body: newRun, querystring: z.object({ wait: duration.optional() }) } },
    async ({ body, query }, reply) => {
      const { job, payload, delay = 0, priority, expires } = body;
      const id = await enqueuer.enqueue(job, payload, {
        delayMs: delay,
        priority,
        ...(expires !== undefined && { expiresMs: expires }),
      });
      if (query.wait === undefined) return reply.status(202).send({ id });
      const run = await waitForEnd(database, {
        id,
        ms: Math.min(query.wait, longestWaitMs),
        closing: closing.signal,
      });
      return reply.status(isFinal(run.state) ? 200 : 202).send(show(run));
    },
  );

  server.get('/runs', { schema: { querystring: filter } }, async ({ query }) => {
    const { cursor, ...rest } = query;
    const runs = await listRuns(database, { ...rest, before: cursor });
    return {
      runs: runs.map(show),
      ...(runs.length === query.limit && { cursor: runs[runs.length - 1]?.id }),
    };
  });

  server.get('/runs/:id', { schema: { params: byId } }, async ({ params: { id } }) => ({
    ...show(await findRun(database, id)),
    pastAttempts: await listPastAttempts(database, id),
    steps: await listSteps(database, id),
  }));

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
      return show(await cancel({ sql: database, queues }, { id, reason }));
    },
  );

  server.post('/runs/:id/retry', { schema: { params: byId } }, async ({ params: { id } }) =>
    show(await retryRun(database, id)),
  );
}

function show(run: Run) {
  return { ...run, shownState: shownState(run, new Date()) };
}

async function waitForEnd(
  sql: Sql,
  { id, ms, closing }: { id: string; ms: number; closing: AbortSignal },
): Promise<Run> {
  const until = performance.now() + ms;
  for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 1.5)) {
    const run = await findRun(sql, id);
    if (isFinal(run.state) || performance.now() >= until || closing.aborted) return run;
    await sleep(Math.min(pauseMs, until - performance.now()));
  }
}
