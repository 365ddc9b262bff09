import type { BulkAction } from '../core/bulk.ts';
import { Failure } from '../core/errors.ts';
import type { Run } from '../core/run.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { type CancelledRun, cancelRuns } from './cancel.ts';
import { newId } from './ids.ts';
import { retryRuns } from './retry.ts';
import { conditionsOf, type RunQuery } from './run-filter.ts';
import { requireRunId, runColumns } from './runs.ts';

/** An action on many runs, carried out batch by batch; its row says how far it is, whoever carries it on. */
export interface Bulk {
  readonly id: string;
  readonly action: BulkAction;
  readonly filter: RunQuery;
  readonly rate: number | null;
  readonly reason: string | null;
  /** Runs at the most. */
  readonly most: number | null;
  readonly begunAt: Date;
  /** Null while it goes on. */
  readonly finishedAt: Date | null;
  /** Runs looked at so far. */
  readonly matched: number;
  /** Those that were changed; the others had moved on meanwhile. */
  readonly changed: number;
}

export type NewBulk = Pick<Bulk, 'action' | 'filter' | 'rate' | 'reason' | 'most'>;

const columns = `id, action, filter, rate, reason, most, begun_at as "begunAt", finished_at as "finishedAt",
  matched, changed`;

/** Writes the action down. It is about runs that were accepted before it, the oldest first. */
export async function insertBulk(sql: Sql, bulk: NewBulk): Promise<Bulk> {
  const [inserted] = await sql.query<Bulk>(
    `insert into nightshift.bulks (id, action, filter, rate, reason, most, reached)
     values ($1, $2, $3::jsonb, $4, $5, $6, nightshift.uuid_floor('epoch')) returning ${columns}`,
    [newId(), bulk.action, JSON.stringify(bulk.filter), bulk.rate, bulk.reason, bulk.most],
  );
  return inserted!;
}

/** The action; throws `bulk.missing`. */
export async function findBulk(sql: Sql, id: string): Promise<Bulk> {
  const rows = await sql.query<Bulk>(`select ${columns} from nightshift.bulks where id = $1`, [
    requireRunId(id),
  ]);
  if (!rows[0]) throw new Failure('bulk.missing', { id });
  return rows[0];
}

/** Actions that nobody has carried on for `idleSeconds`: their process died. */
export async function listIdleBulks(sql: Sql, idleSeconds: number): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `select id from nightshift.bulks
     where finished_at is null and touched_at < now() - $1 * interval '1 second' order by id`,
    [idleSeconds],
  );
  return rows.map(({ id }) => id);
}

/** Forgets actions that were finished 30 days ago. */
export async function forgetBulks(sql: Sql): Promise<void> {
  await sql.query(`delete from nightshift.bulks where finished_at < now() - interval '30 days'`);
}

/** How many runs an action would look at, and the first of them. */
export async function previewBulk(
  sql: Sql,
  { filter, most }: Pick<Bulk, 'filter' | 'most'>,
): Promise<{ matched: number; sample: Run[] }> {
  const { text, values } = await conditionsOf(sql, filter);
  const found = await sql.query<{ count: number }>(
    `select count(*) as count from nightshift.runs where ${text}`,
    values,
  );
  const sample = await sql.query<Run>(
    `select ${runColumns} from nightshift.runs where ${text} order by id limit $${values.length + 1}`,
    [...values, Math.min(most ?? sampleSize, sampleSize)],
  );
  return { matched: Math.min(found[0]!.count, most ?? Infinity), sample };
}

const sampleSize = 10;
const batchSize = 1000;

/**
 * Carries an action on by one batch, in one transaction; two processes may do so at once. Answers the runs that
 * were cancelled, or undefined when the action is finished.
 */
export async function carryOutBatch(
  database: TransactionalSql,
  id: string,
): Promise<{ readonly cancelled: readonly CancelledRun[] } | undefined> {
  return database.transaction(async (tx) => {
    const [bulk] = await tx.query<Bulk & { reached: string }>(
      `select ${columns}, reached from nightshift.bulks where id = $1 and finished_at is null for update`,
      [id],
    );
    if (!bulk) return undefined;
    const size = Math.min(batchSize, (bulk.most ?? Infinity) - bulk.matched);
    const ids = await listPage(tx, bulk, size);
    const cancelled =
      bulk.action === 'cancel' ? await cancelRuns(tx, ids, bulk.reason ?? 'cancelled by hand') : [];
    const changed = bulk.action === 'cancel' ? cancelled.length : await retryPage(tx, bulk, ids);
    await tx.query(
      `update nightshift.bulks set matched = matched + $2, changed = changed + $3, reached = $4,
         touched_at = now(), finished_at = case when $5 then now() end where id = $1`,
      [id, ids.length, changed, ids.at(-1) ?? bulk.reached, ids.length < batchSize],
    );
    return { cancelled };
  });
}

async function listPage(
  tx: Sql,
  { id, filter, reached }: Bulk & { readonly reached: string },
  size: number,
): Promise<string[]> {
  const { text, values } = await conditionsOf(tx, filter);
  const [after, upTo, limit] = [1, 2, 3].map((n) => `$${values.length + n}`);
  const rows = await tx.query<{ id: string }>(
    `select id from nightshift.runs where ${text} and id > ${after} and id < ${upTo} order by id limit ${limit}`,
    [...values, reached, id, size],
  );
  return rows.map((row) => row.id);
}

/** With a rate the times are spread by what was changed before: nothing has to stay alive for it. */
function retryPage(tx: Sql, { rate, changed, begunAt }: Bulk, ids: readonly string[]) {
  const retries = ids.map((id, i) =>
    rate === null
      ? { id }
      : { id, runAt: new Date(begunAt.getTime() + ((changed + i) * 1000) / rate) },
  );
  return ids.length === 0 ? Promise.resolve(0) : retryRuns(tx, retries);
}
