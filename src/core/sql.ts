/** Something that runs SQL: a database, or one open transaction of it. */
export interface Sql {
  /**
   * Runs one statement with `$1` parameters and returns its rows. With a `name`, which is this text's alone, Postgres
   * plans it once for each session, where sessions are not shared: for a statement that has but one good plan,
   * however full its tables are.
   */
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<Row[]>;
}

/** SQL that can open a transaction: `work` commits together, or, when it throws, not at all. */
export interface TransactionalSql extends Sql {
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
}
