import type { FastifyRequest } from 'fastify';
import type { Actor } from '../core/actor.ts';
import { Failure } from '../core/errors.ts';
import { coversJob, coversScope, type JobScope } from '../core/job-scope.ts';
import type { RouteGuard } from '../core/route-guards.ts';
import type { Sql } from '../core/sql.ts';
import { findBulk, findRunJob, findSchedule } from '../ledger/index.ts';
import type { Refusal } from '../runtime/index.ts';
import { keepHints } from './hints.ts';

/**
 * Refuses what is beyond the jobs that a key is limited to. What it may not see is missing; what it asks for by the
 * name of a job is denied.
 */
export async function holdToJobs(
  sql: Sql,
  request: FastifyRequest,
  { within }: RouteGuard,
): Promise<void> {
  const { actor } = request;
  if (actor.jobs === undefined) return;
  const { id = '', name = '' } = request.params as { id?: string; name?: string };
  if (within === 'never') throw denied(actor, 'this reaches beyond single jobs');
  if (within === 'job') requireJobs(actor, [name]);
  if (within === 'body' || within === 'schedule') requireJobs(actor, jobsIn(request.body));
  if (within === 'run' && !coversJob(actor.jobs, await findRunJob(sql, id)))
    throw new Failure('run.missing', { id, isBeyond: true });
  if (within === 'schedule' && !coversJob(actor.jobs, (await findSchedule(sql, name)).job))
    throw new Failure('schedule.missing', { schedule: name, suggestion: '.', isBeyond: true });
  if (within === 'bulk') await requireBulk(sql, id, actor.jobs);
}

/** The answer without what is of other jobs: whole entries of its lists, and branches of the tree below a run. */
export function keepToJobs(answer: unknown, scope: JobScope, guard: RouteGuard): unknown {
  if (scope === undefined || typeof answer !== 'object' || !answer) return answer;
  if (guard.within === 'body') return keepRefusals(answer, scope);
  const lists = listed[guard.within];
  if (!lists) return answer;
  const kept = Object.entries(answer).map(([field, value]) => {
    const jobOf = lists[field];
    if (!jobOf || !Array.isArray(value)) return [field, value];
    const entries = (value as Entry[]).filter((entry) => coversJob(scope, jobOf(entry)));
    const below = (entry: Entry) =>
      field === 'children' ? keepToJobs(entry, scope, guard) : entry;
    return [field, entries.map(below)];
  });
  return Object.fromEntries(kept);
}

/** Of a batch that was accepted in part, why the rest was not. */
function keepRefusals(answer: object, scope: JobScope): unknown {
  const { refused } = answer as { refused?: readonly Refusal[] };
  return refused ? { ...answer, refused: refused.map((one) => keepHints(one, scope)) } : answer;
}

/** How a refusal names whoever was refused. */
export function whoIs({ kind, name }: Actor): string {
  return kind === 'local' ? `the ${name}` : `the ${kind} "${name}"`;
}

interface Entry {
  readonly name: string;
  readonly job: string;
}

const byJob = ({ job }: Entry) => job;

/** Lists in answers whose entries are of one job each. */
const listed: Partial<
  Record<RouteGuard['within'], Readonly<Record<string, (entry: Entry) => string>>>
> = {
  runs: { runs: byJob, sample: byJob, failures: byJob },
  run: { children: byJob },
  queues: { queues: byJob },
  schedules: { schedules: byJob },
  jobs: { jobs: ({ name }) => name },
};

/** The jobs that a body names, for one run or for many; none where each run is answered for by itself. */
function jobsIn(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  const { job, runs = [], partial } = body as NamingJobs;
  if (partial === true) return [];
  const many = Array.isArray(body) ? (body as { job?: string }[]) : runs;
  // What is no run at all is refused by its route.
  const named = many.map((run) => (run as { job?: unknown } | null)?.job);
  return [job, ...named].filter((name) => typeof name === 'string');
}

interface NamingJobs {
  readonly job?: string;
  readonly runs?: { readonly job?: string }[];
  readonly partial?: unknown;
}

/** The failure `auth.job_denied` where the key may not touch one of these jobs. */
export function findDenial(actor: Actor, jobs: readonly string[]): Failure | undefined {
  const beyond = jobs.find((job) => !coversJob(actor.jobs, job));
  return beyond === undefined ? undefined : denied(actor, `${beyond} is none of them`);
}

function requireJobs(actor: Actor, jobs: readonly string[]): void {
  const denial = findDenial(actor, jobs);
  if (denial) throw denial;
}

async function requireBulk(sql: Sql, id: string, scope: JobScope): Promise<void> {
  const { filter } = await findBulk(sql, id);
  const within = filter.within ?? (filter.job === undefined ? undefined : [filter.job]);
  if (!coversScope(scope, within)) throw new Failure('bulk.missing', { id });
}

function denied(actor: Actor, what: string): Failure {
  const jobs = actor.jobs?.join(', ') ?? '';
  return new Failure('auth.job_denied', { who: whoIs(actor), jobs, what });
}
