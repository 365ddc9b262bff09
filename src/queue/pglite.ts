import type { PGlite, Results, Transaction } from '@electric-sql/pglite';
import { type PgQueryable, type PgQueryResult, runMigrations } from 'bullmq';
import type { Connection } from './shared-pool.ts';

/** Brings BullMQ's schema up to date in one transaction, so that nobody else's query gets between. */
export async function migratePGlite(pglite: PGlite): Promise<void> {
  await pglite.transaction(async (tx) => {
    await runMigrations(joinTransaction(tx));
  });
  await pglite.exec('set search_path to bullmq, public');
}

/** PGlite's one session in the shape of node-postgres. */
export function connectPGlite(pglite: PGlite): Connection {
  return { query: (text, params) => runQuery(pglite, text, params), end: async () => {} };
}

/** BullMQ's migrator opens a transaction by hand; here it is open already. */
function joinTransaction(tx: Transaction): PgQueryable {
  return {
    query: (text, params) =>
      /^(BEGIN|COMMIT|ROLLBACK)$/.test(text)
        ? Promise.resolve({ rows: [] })
        : runQuery(tx, text, params),
  };
}

/** node-postgres hands out bigint and numeric as text, and BullMQ counts on it. */
const parsers = { 20: String, 1700: String };

async function runQuery<Row>(
  session: Pick<PGlite, 'query' | 'exec'>,
  text: string,
  params: readonly unknown[] | undefined,
): Promise<PgQueryResult<Row>> {
  // Only `exec` takes many statements, as migrations are, and only `query` takes parameters.
  const result = params
    ? await session.query<Row>(text, [...params], { parsers })
    : ((await session.exec(text, { parsers })).at(-1) as Results<Row> | undefined);
  return { rows: result?.rows ?? [], rowCount: result?.affectedRows ?? 0 };
}
