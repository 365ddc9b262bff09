import { Failure } from '../core/errors.ts';
import type { Run, RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { uuidPattern } from '../core/uuid.ts';
import { namesIn } from './job-names.ts';
import { conditionsAmong, conditionsOf, type RunQuery } from './run-filter.ts';

/** The columns of `nightshift.runs` that make a `Run`. */
export const runColumns = `id, job, version, state, payload, result, artifact, error, progress, attempt, failures, losses, priority,
  key, schedule, due, replay_of as "replayOf", parent, parent_step as "parentStep", uniqueness, accepted_by as "acceptedBy", delivery, worker, created_at as "createdAt", run_at as "runAt", expires_at as "expiresAt",
  started_at as "startedAt", finished_at as "finishedAt"`;

/** The run; throws `run.id_invalid` or `run.missing`. */
export async function findRun(sql: Sql, id: string): Promise<Run> {
  const rows = await sql.query<Run>(`select ${runColumns} from nightshift.runs where id = $1`, [
    requireRunId(id),
  ]);
  if (!rows[0]) throw new Failure('run.missing', { id });
  return rows[0];
}

/** The job of a run; throws `run.id_invalid` or `run.missing`. */
export async function findRunJob(sql: Sql, id: string): Promise<string> {
  const [row] = await sql.query<{ job: string }>(`select job from nightshift.runs where id = $1`, [
    requireRunId(id),
  ]);
  if (!row) throw new Failure('run.missing', { id });
  return row.job;
}

/** `id`, or `run.id_invalid`. */
export function requireRunId(id: string): string {
  if (!uuidPattern.test(id.toLowerCase())) throw new Failure('run.id_invalid', { id });
  return id;
}

/** A page of runs, newest first. */
export interface RunPage extends RunQuery {
  /** The last id of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export async function listRuns(sql: Sql, page: RunPage): Promise<Run[]> {
  return selectPage<Run>(sql, runColumns, page);
}

/** The ids alone of a page of runs. */
export async function listRunIds(sql: Sql, page: RunPage): Promise<string[]> {
  return (await selectPage<{ id: string }>(sql, 'id', page)).map(({ id }) => id);
}

async function selectPage<Row>(
  sql: Sql,
  columns: string,
  { before, limit, ...query }: RunPage,
): Promise<Row[]> {
  const names = query.job === undefined ? await namesIn(sql, query.within) : undefined;
  if (names) return selectAmong<Row>(sql, columns, { query, names, before, limit });
  const { text, values } = await conditionsOf(sql, query);
  const [cursor, most] = [values.length + 1, values.length + 2];
  return sql.query<Row>(
    `select ${columns} from nightshift.runs
     where ${text} and ($${cursor}::uuid is null or id < $${cursor}) order by id desc limit $${most}`,
    [...values, before ?? null, limit],
  );
}

/** After every id. */
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * A page of the newest of each job, and of those the newest. That a job is between its name and its name keeps Postgres
 * from walking by id through the runs of all others, which it thinks cheaper when it does not know the name.
 */
function selectAmong<Row>(
  sql: Sql,
  columns: string,
  page: {
    readonly query: RunQuery;
    readonly names: readonly string[];
    readonly before: string | undefined;
    readonly limit: number;
  },
): Promise<Row[]> {
  const { text, values } = conditionsAmong(page.query);
  const [among, cursor, most] = [1, 2, 3].map((n) => `$${values.length + n}`);
  return sql.query<Row>(
    `select ${columns} from unnest(${among}::text[]) as allowed(name) cross join lateral (
       select * from nightshift.runs
       where ${text} and job >= allowed.name and (job, id) < (allowed.name, ${cursor}::uuid)
       order by job desc, id desc limit ${most}) as r
     order by id desc limit ${most}`,
    [...values, [...new Set(page.names)], page.before ?? lastId, page.limit],
  );
}

/** The runs that replay this one, oldest first. */
export async function listReplays(sql: Sql, run: string): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from nightshift.runs where replay_of = $1 and id > $1 order by id limit 100`,
    [run],
  );
  return rows.map(({ id }) => id);
}

/** An attempt that another one followed; the last attempt of a run is the run's own row. */
export interface PastAttempt {
  readonly attempt: number;
  readonly ending: string;
  readonly error: RunError | null;
  readonly worker: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date;
}

export async function listPastAttempts(sql: Sql, run: string): Promise<PastAttempt[]> {
  return sql.query<PastAttempt>(
    `select attempt, ending, error, worker, started_at as "startedAt", ended_at as "endedAt"
     from nightshift.attempts where run_id = $1 order by attempt`,
    [run],
  );
}

/** Lets a queued run begin now, whatever it was put off to, and leaves its dispatch to the caller. */
export async function bringForward(sql: Sql, id: string): Promise<void> {
  await sql.query(`update nightshift.runs set run_at = now() where id = $1 and state = 'queued'`, [
    id,
  ]);
}
