import type { Sql } from '../core/sql.ts';

/** The connections of a Postgres server. */
export interface ServerLoad {
  /** What it allows to ordinary users. */
  readonly most: number;
  readonly open: number;
  /** Those of `open` that are Nightshift's, of whatever installation. */
  readonly ours: number;
}

/** Counts the connections that are open now. */
export async function readServerLoad(sql: Sql): Promise<ServerLoad> {
  const [load] = await sql.query<ServerLoad>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
       count(*) as open, count(*) filter (where application_name like 'nightshift%') as ours
     from pg_stat_activity where backend_type = 'client backend'`,
  );
  return load!;
}
