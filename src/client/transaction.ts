import type { EnqueueOptions } from './jobs.ts';
import { NightshiftError } from './problem.ts';

/**
 * An open transaction of the caller's: a client of `pg` after BEGIN, PGlite's transaction, Kysely's, or anything
 * else whose `query(text, values)` answers rows.
 */
export type Transaction =
  | { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] } | unknown[]> }
  | { readonly isTransaction: boolean; executeQuery(query: never): Promise<{ rows: unknown[] }> };

/** Calls `nightshift.enqueue` inside `tx` and answers the run's id. Throws `client.argument`, and what Postgres says. */
export async function enqueueInTransaction(
  tx: Transaction,
  { job, payload, options }: { job: string; payload: unknown; options: EnqueueOptions },
): Promise<string> {
  const values = [job, toJson(payload ?? null), toJson(options)];
  const [row] = await run(tx, 'select nightshift.enqueue($1, $2::jsonb, $3::jsonb) as id', values);
  return (row as { id: string }).id;
}

async function run(tx: unknown, text: string, values: unknown[]): Promise<unknown[]> {
  if (typeof tx !== 'object' || tx === null) throw refuse('no transaction', 'give an open one');
  if ('isTransaction' in tx) return runKysely(tx, text, values);
  if ('connect' in tx && 'totalCount' in tx)
    throw refuse('a pool', 'give the client that you called BEGIN on');
  if ('transaction' in tx) throw refuse('a database', 'give the transaction that it opened');
  if (!('query' in tx) || typeof tx.query !== 'function')
    throw refuse(
      'nothing with a query',
      'give a client of pg, or a transaction of Kysely or PGlite',
    );
  const { query } = tx as { query(text: string, values: unknown[]): Promise<unknown> };
  const answer = await query.call(tx, text, values);
  return Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows;
}

/** What Kysely's `CompiledQuery.raw` makes, so that Kysely is nobody's need. */
async function runKysely(tx: object, sql: string, parameters: unknown[]): Promise<unknown[]> {
  const { isTransaction, executeQuery } = tx as {
    isTransaction: boolean;
    executeQuery(query: object): Promise<{ rows: unknown[] }>;
  };
  if (!isTransaction)
    throw refuse('a Kysely without a transaction', 'give what transaction().execute hands you');
  const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] };
  const answer = await executeQuery.call(tx, {
    sql,
    parameters,
    query,
    queryId: { queryId: 'nightshift' },
  });
  return answer.rows;
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined)
    throw new NightshiftError('client.argument', 'no JSON can say the payload');
  return text;
}

function refuse(what: string, remedy: string): NightshiftError {
  return new NightshiftError('client.argument', `The tx given to enqueueIn is ${what}; ${remedy}.`);
}
