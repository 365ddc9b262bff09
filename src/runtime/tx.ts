import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';

/** An open transaction of the caller's: of ours, of `pg` (a client after BEGIN), of Kysely, or of PGlite. */
export type CallersTransaction = Sql | QueryingClient | KyselyTransaction;

/** What a client of `pg`, and PGlite's transaction, have in common. */
export interface QueryingClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** The part of Kysely's `Transaction` that is used here. */
export interface KyselyTransaction {
  readonly isTransaction: true;
  executeQuery(query: RawQuery): Promise<{ rows: unknown[] }>;
}

/** What Kysely's `CompiledQuery.raw` makes. It is made here, so that Kysely is nobody's need at run time. */
interface RawQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: {
    readonly kind: 'RawNode';
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly [];
  };
  readonly queryId: { readonly queryId: string };
}

/** `tx` as SQL, by its shape alone: the caller's `pg` or Kysely is seldom the one that we would import. */
export function asSql(tx: unknown): Sql {
  if (!isObject(tx)) throw refuse('no transaction', 'give an open one, or leave it out');
  if ('isTransaction' in tx) return fromKysely(tx);
  if (isPool(tx)) throw refuse('a pool', 'give the client that you called BEGIN on');
  if ('transaction' in tx) throw refuse('a database', 'give the transaction that it opened');
  if (!isFunction(tx['query']))
    throw refuse(
      'no transaction that Nightshift knows',
      'give a client of pg, a Transaction of Kysely or PGlite, or the Sql of ctx.transaction',
    );
  return fromClient(tx as unknown as QueryingClient | Sql);
}

function fromKysely(tx: Record<string, unknown>): Sql {
  if (tx['isTransaction'] !== true)
    throw refuse('a Kysely without a transaction', 'give what transaction().execute hands you');
  const { executeQuery } = tx as unknown as KyselyTransaction;
  return {
    query: async (sql, parameters = []) =>
      (
        await executeQuery.call(tx, {
          sql,
          parameters,
          query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
          queryId: { queryId: 'nightshift' },
        })
      ).rows as never,
  };
}

/** Ours answers rows, those of others a result that has them. */
function fromClient(client: QueryingClient | Sql): Sql {
  return {
    async query(text, values = []) {
      const result = await client.query(text, [...values]);
      return (Array.isArray(result) ? result : result.rows) as never;
    },
  };
}

function isPool(tx: Record<string, unknown>): boolean {
  return isFunction(tx['connect']) && 'totalCount' in tx;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function refuse(what: string, remedy: string): Failure {
  return new Failure('enqueue.tx', { what, remedy });
}
