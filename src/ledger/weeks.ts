import { nameOfWeek, weekNumber } from '../core/run-id.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';

/** All runs; a statement on it is planned for, and locks, each week that is kept. */
export const allWeeks = 'nightshift.runs';

/**
 * SQL that holds unless retention is taking the week of `table` away: whoever else looks for a run goes by all weeks, and
 * would not find what is written there any more.
 */
export function isInReach(table: string): string {
  if (table === allWeeks) return 'true';
  return `exists (select from pg_inherits where inhrelid = '${table}'::regclass and not inhdetachpending)`;
}

/** Writes `items` into the rows that `table` has of their runs, and answers each, in order. */
export type WeekWrite<Item, Answer> = (
  sql: Sql,
  items: readonly Item[],
  table: string,
) => Promise<Answer[]>;

/**
 * Writes to the partitions that the runs are in, one statement for each week, all or none: to plan a statement for all
 * weeks takes longer than to carry it out for a hundred runs. A run of no week that is there is looked for in all of them.
 */
export async function writeByWeek<Item, Answer>(
  database: TransactionalSql,
  {
    items,
    runOf,
    write,
  }: {
    readonly items: readonly Item[];
    readonly runOf: (item: Item) => string;
    readonly write: WeekWrite<Item, Answer>;
  },
): Promise<Answer[]> {
  const byWeek = Map.groupBy(items.keys(), (at) => weekNumber(runOf(items[at]!)));
  const weeks = [...byWeek].sort(([a], [b]) => a - b); // as others lock runs: by their ids
  const answers = Array<Answer>(items.length);
  const writeAll = async (sql: Sql) => {
    for (const [week, places] of weeks) {
      const some = places.map((at) => items[at]!);
      const written = await write(sql, some, `${allWeeks}_${nameOfWeek(week)}`);
      places.forEach((at, i) => (answers[at] = written[i]!));
    }
    return answers;
  };
  try {
    return await (weeks.length === 1 ? writeAll(database) : database.transaction(writeAll));
  } catch (error) {
    if ((error as { code?: unknown }).code !== undefinedTable) throw error;
    return write(database, items, allWeeks);
  }
}

const undefinedTable = '42P01';
