import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type RunDetails, renderRun, renderRunList } from '../../console/index.ts';
import { coversJob } from '../../core/job-scope.ts';
import { findGuard } from '../../core/route-guards.ts';
import { runStates } from '../../core/run.ts';
import { uuidPattern } from '../../core/uuid.ts';
import { findRun, listLogs, listRuns, retryRun } from '../../ledger/index.ts';
import { cancel } from '../../runtime/index.ts';
import { keepToJobs } from '../job-limits.ts';
import type { Operated, Server } from '../operated.ts';
import { pageOf, readCursor } from '../paging.ts';
import { byId, filterFields } from '../routes/run-schemas.ts';
import { changeOf, showDetails } from '../routes/runs.ts';
import { readerOf, sendPage, shownTo } from './send.ts';

/** What a form leaves empty was not asked for. */
const listed = z.preprocess(
  (query) =>
    Object.fromEntries(Object.entries(query as object).filter(([, value]) => value !== '')),
  z.strictObject({
    ...filterFields,
    state: z.enum(runStates).optional(),
    cursor: z.string().max(1000).optional(),
  }),
);

const perPage = 50;
const linesPerPage = 500;

const looking = z.object({ after: z.coerce.number().int().min(0).max(1e15).default(0) });
const cancelling = z.object({ reason: z.string().max(1000).optional() }).nullish();

/** The list of runs, and the page of each, where it is cancelled and retried. */
export function runPages(server: Server, operated: Operated): void {
  server.get('/', { schema: { querystring: listed } }, async (request, reply) =>
    sendPage(reply, await showList(operated, request, request.query)),
  );
  server.get(
    '/runs/:id',
    { schema: { params: byId, querystring: looking } },
    async (request, reply) => {
      const { id } = request.params;
      return sendPage(reply, await showRun(operated, request, { id, ...request.query }));
    },
  );
  changes(server, operated);
}

function changes(server: Server, { queues }: Operated): void {
  const backTo = (reply: FastifyReply, id: string) => reply.redirect(`/runs/${id}`, 303);
  server.post(
    '/runs/:id/cancel',
    { schema: { params: byId, body: cancelling } },
    async (request, reply) => {
      const { id } = request.params;
      const reason = request.body?.reason?.trim() || 'cancelled by hand';
      const sql = request.changing({ ...changeOf(id), details: { reason } });
      await cancel({ sql, queues }, { id, reason });
      return backTo(reply, id);
    },
  );
  server.post('/runs/:id/retry', { schema: { params: byId } }, async (request, reply) => {
    const { id } = request.params;
    await retryRun(request.changing(changeOf(id)), id);
    return backTo(reply, id);
  });
}

type ListQuery = z.output<typeof listed>;

async function showList(
  { database, catalogue }: Operated,
  request: FastifyRequest,
  { cursor, state, ...filter }: ListQuery,
): Promise<string> {
  const { actor } = request;
  const rows = await listRuns(database, {
    ...filter,
    states: state && [state],
    before: readCursor('runs', cursor, uuidPattern),
    limit: perPage + 1,
    within: actor.jobs,
  });
  const { page, next } = pageOf('runs', { rows, limit: perPage, placeOf: ({ id }) => id });
  const jobs = catalogue.jobs.filter(({ name }) => coversJob(actor.jobs, name));
  return renderRunList({
    reader: readerOf(request)!,
    now: new Date(),
    runs: shownTo(request, page),
    filter: { ...filter, state },
    cursor: next.cursor,
    isLater: cursor !== undefined,
    jobs: jobs.map(({ name }) => name),
    example: exampleOf(jobs[0]),
  });
}

/** A command that enqueues a run of the job, with a place for each field that its payload needs. */
function exampleOf(job: Operated['catalogue']['jobs'][number] | undefined): string {
  if (!job) return 'npm run nightshift -- enqueue --help';
  const { required = [] } = z.toJSONSchema(job.payload as z.ZodType, {
    io: 'input',
    unrepresentable: 'any',
  });
  const payload = Object.fromEntries(required.map((field) => [field, '…']));
  return `npm run nightshift -- enqueue ${job.name} --payload '${JSON.stringify(payload)}'`;
}

async function showRun(
  operated: Operated,
  request: FastifyRequest,
  { id, after }: { readonly id: string; readonly after: number },
): Promise<string> {
  const { database } = operated;
  const run = await showDetails(operated, await findRun(database, id));
  const lines = await listLogs(database, id, { after, limit: linesPerPage + 1 });
  const shown = lines.slice(0, linesPerPage);
  const reveal = request.may('payload:reveal');
  if (reveal) request.willShow(run);
  const kept = keepToJobs(run, request.actor.jobs, findGuard('GET', '/runs/:id')!);
  return renderRun({
    reader: readerOf(request)!,
    now: new Date(),
    run: shownTo(request, kept as RunDetails),
    log: {
      lines: shownTo(request, { lines: shown }).lines,
      isLater: after > 0,
      after: lines.length > shown.length ? shown.at(-1)?.sequence : undefined,
    },
    may: { cancel: request.may('runs:cancel'), retry: request.may('runs:retry'), reveal },
  });
}
