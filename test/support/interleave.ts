import type { Sql } from '../../src/core/sql.ts';
import type { Database } from '../../src/db/index.ts';

/**
 * `database` for somebody who is held up once, after the first statement that matches `text`, until `work` is done:
 * what others do just then. What `work` throws is what the statement threw, and so is its answer lost.
 */
export function interleave(database: Database, text: RegExp, work: () => unknown): Database {
  let isDone = false;
  const wrap = (sql: Sql): Sql => ({
    async query(statement, values) {
      const rows = await sql.query(statement, values);
      if (!isDone && text.test(statement)) {
        isDone = true;
        await work();
      }
      return rows as never;
    },
  });
  return {
    ...database,
    ...wrap(database),
    transaction: (inner) => database.transaction((tx) => inner(wrap(tx))),
  };
}

/** How many sessions of this database wait for a lock that another has. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*) from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row!.count;
}
