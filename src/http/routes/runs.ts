import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { writeCursor } from '../../core/cursor.ts';
import { Failure } from '../../core/errors.ts';
import { type Run, runStates } from '../../core/run.ts';
import { readWords } from '../../core/run-words.ts';
import type { Sql } from '../../core/sql.ts';
import { uuidPattern } from '../../core/uuid.ts';
import {
  findAdopted,
  findBelongings,
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
  searchRuns,
} from '../../ledger/index.ts';
import { cancel } from '../../runtime/index.ts';
import { answering, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOf, readCursor } from '../paging.ts';
import { hiddenFrom } from '../redaction.ts';
import type { RunWatch } from '../run-watch.ts';
import { logLine, runAnswer, runDetails } from './run-answers.ts';
import { byId, filterFields, noBody, showRun, tellHold } from './run-schemas.ts';
import { checkWait, signalOf, waitForEnd, waiting } from './wait.ts';

const page = z.strictObject({
  ...filterFields,
  state: z.enum(runStates).optional(),
  q: z
    .string()
    .max(200)
    .transform(readWords)
    .refine((words) => words.length <= 10, 'has more than 10 words')
    .optional()
    .describe(
      'Words and "phrases" that all have to be in payload, key, result, error, steps or log. Runs are read the newest first; a page may have fewer than `limit`, and a cursor.',
    )
    .meta({ type: 'string' }),
  ...pageFields(50),
});

const logPage = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  ...pageFields(1000),
});

const cancelling = z
  .strictObject({ reason: z.string().max(1000).optional() })
  .nullish()
  .meta({ examples: [{ reason: 'sent twice' }] });

/** Finding, cancelling and retrying single runs. */
export function runRoutes(server: Server, operated: Operated, watch: RunWatch): void {
  listRoutes(server, operated);
  detailRoute(server, operated, watch);
  changeRoutes(server, operated);
}

function listRoutes(server: Server, { database }: Operated): void {
  server.get(
    '/runs',
    {
      schema: {
        tags: ['runs'],
        summary: 'List runs, newest first',
        querystring: page,
        ...answering({ 200: pageAnswer('runs', runAnswer) }),
      },
    },
    async (request) => {
      const { cursor, state, limit, q: words = [], ...filter } = request.query;
      const before = readCursor('runs', cursor, uuidPattern);
      const wanted = { ...filter, states: state && [state], before, within: request.actor.jobs };
      if (words.length > 0) {
        requireSight(request);
        const { runs, lookedTo } = await searchRuns(database, { ...wanted, words, limit });
        return {
          runs: runs.map(showRun),
          ...(lookedTo && { cursor: writeCursor('runs', lookedTo) }),
        };
      }
      const rows = await listRuns(database, { ...wanted, limit: limit + 1 });
      const { page, next } = pageOf('runs', { rows, limit, placeOf: ({ id }) => id });
      return { runs: page.map(showRun), ...next };
    },
  );

  server.get(
    '/runs/:id/logs',
    {
      schema: {
        tags: ['runs'],
        summary: 'The lines of its log, oldest first',
        params: byId,
        querystring: logPage,
        ...answering({ 200: pageAnswer('lines', logLine) }),
      },
    },
    async ({ params: { id }, query: { after, limit, cursor } }) => {
      await findRun(database, id);
      const from = Number(readCursor('logs', cursor, /^\d{1,15}$/) ?? after);
      const rows = await listLogs(database, id, { after: from, limit: limit + 1 });
      const { page, next } = pageOf('logs', {
        rows,
        limit,
        placeOf: ({ sequence }) => String(sequence),
      });
      return { lines: page, ...next };
    },
  );
}

/** Whether a run is found would tell what is in it. */
function requireSight(request: FastifyRequest): void {
  if (hiddenFrom(request)) throw new Failure('search.hidden', {});
}

function detailRoute(server: Server, operated: Operated, watch: RunWatch): void {
  const { database } = operated;
  const closing = new AbortController();
  server.addHook('preClose', () => Promise.resolve(closing.abort()));

  server.get(
    '/runs/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'A run with its attempts, steps and children; with ?wait once it has ended',
        params: byId,
        querystring: waiting,
        ...answering({ 200: runDetails }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { wait } = request.query;
      checkWait(wait);
      if (wait !== undefined) {
        await findRun(database, id);
        await waitForEnd(watch, { id, ms: wait, signal: signalOf(reply, closing.signal) });
      }
      return showDetails(operated, await findRun(database, id));
    },
  );
}

/** The run with everything that is known of it. */
export async function showDetails(operated: Operated, run: Run) {
  const { database } = operated;
  const { id } = run;
  const has = await findBelongings(database, id);
  return {
    ...showRun(run),
    waitsFor: await findReason(operated, run),
    heldBack: await tellHold(database, run),
    adoptedFrom: (has.adopted && (await findAdopted(database, id))) || null,
    pastAttempts: has.attempts ? await listPastAttempts(database, id) : [],
    steps: has.steps ? await listSteps(database, id) : [],
    replays: has.replays ? await listReplays(database, id) : [],
    waits: has.waits ? await listWaits(database, id) : [],
    ...(has.children ? await findTree(database, id) : { children: [], counts: {} }),
  };
}

function changeRoutes(server: Server, { queues }: Operated): void {
  server.post(
    '/runs/:id/cancel',
    {
      schema: {
        tags: ['runs'],
        summary: 'End an unfinished run as cancelled',
        params: byId,
        body: cancelling,
        ...answering({ 200: runAnswer }),
      },
    },
    async (request) => {
      const { id } = request.params;
      const reason = request.body?.reason ?? 'cancelled by hand';
      const sql = request.changing({ ...changeOf(id), details: { reason } });
      return showRun(await cancel({ sql, queues }, { id, reason }));
    },
  );

  server.post(
    '/runs/:id/retry',
    {
      schema: {
        tags: ['runs'],
        summary: 'Queue a failed, cancelled or expired run again',
        params: byId,
        body: noBody,
        ...answering({ 200: runAnswer }),
      },
    },
    async (request) => {
      const { id } = request.params;
      return showRun(await retryRun(request.changing(changeOf(id)), id));
    },
  );
}

/** What the audit log tells of a run that is changed. */
export function changeOf(id: string) {
  return {
    resource: 'run',
    ids: [id],
    look: async (tx: Sql) => {
      const { job, state, attempt } = await findRun(tx, id);
      return { job, state, attempt };
    },
  };
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
