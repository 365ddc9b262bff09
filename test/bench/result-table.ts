import pg from 'pg';
import { openGroupCommit } from '../../src/db/index.ts';
import { payload } from './load.ts';

/** The table in which a peer keeps one row per finished job: what people write beside a queue. */
export interface ResultTable {
  readonly pool: pg.Pool;
  /** One statement and one commit for this job alone. */
  insert(id: string): Promise<void>;
  /** One statement for all of them. */
  insertMany(ids: readonly string[]): Promise<void>;
  /** Shares a commit with whatever ends meanwhile, as the product's own ledger does. */
  join(id: string): Promise<void>;
  /** Throws unless there are `size` rows; empties the table. */
  settle(size: number): Promise<void>;
  close(): Promise<void>;
}

const result = JSON.stringify({ length: payload.text.length });

export async function openResultTable(databaseUrl: string, name: string): Promise<ResultTable> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  pool.on('error', () => {}); // the query that fails says it; the database is dropped while connections go
  const table = `public.${name}`;
  await pool.query(
    `create table if not exists ${table} (id text primary key, result jsonb not null)`,
  );
  async function insertMany(ids: readonly string[]): Promise<void> {
    await pool.query({
      name: 'rows',
      text: `insert into ${table} (id, result) select id, $2 from unnest($1::text[]) as done(id)`,
      values: [ids, result],
    });
  }
  const commits = openGroupCommit<string, void>({
    async flush(ids) {
      await insertMany(ids);
      return Array<void>(ids.length);
    },
  });
  return {
    pool,
    insertMany,
    join: commits.add,
    async insert(id) {
      await pool.query(`insert into ${table} (id, result) values ($1, $2)`, [id, result]);
    },
    async settle(size) {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::int as count from ${table}`,
      );
      if (rows[0]?.count !== size) throw new Error(`${rows[0]?.count} of ${size} rows are there`);
      await pool.query(`truncate ${table}`);
    },
    close: () => pool.end(),
  };
}
