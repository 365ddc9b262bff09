import type { Sql } from '../../core/sql.ts';

/** What a session's token stands for. */
export interface SessionRecord {
  /** Finds the key that it was opened with. */
  readonly prefix: string;
  /** By Postgres's clock. */
  readonly expiresInMs: number;
}

/** Writes a session that ends in `lastsMs`. */
export async function insertSession(
  sql: Sql,
  session: { readonly hash: string; readonly key: string; readonly lastsMs: number },
): Promise<void> {
  await sql.query(
    `insert into nightshift.key_sessions (hash, key_id, expires_at)
     values ($1, $2, now() + $3 * interval '1 millisecond')`,
    [session.hash, session.key, session.lastsMs],
  );
}

/**
 * Deletes sessions that are over or whose key is, and all of `key` but its newest `most`; a thousand at a time, so
 * that nobody waits long for it.
 */
export async function sweepSessions(sql: Sql, key: string, most: number): Promise<void> {
  await sql.query(
    `with over as (
       select s.hash from nightshift.key_sessions s join nightshift.keys k on k.id = s.key_id
       where s.expires_at <= now() or k.expires_at <= now() or k.revoked_at is not null
       limit 1000 for update of s skip locked),
     more as (
       select hash from nightshift.key_sessions where key_id = $1
       order by created_at desc offset $2 limit 1000 for update skip locked)
     delete from nightshift.key_sessions
     where hash in (select hash from over union all select hash from more)`,
    [key, most],
  );
}

export async function selectSession(sql: Sql, hash: string): Promise<SessionRecord | undefined> {
  const [row] = await sql.query<SessionRecord>(
    `select k.prefix, (extract(epoch from s.expires_at - now()) * 1000)::float8 as "expiresInMs"
     from nightshift.key_sessions s join nightshift.keys k on k.id = s.key_id where s.hash = $1`,
    [hash],
  );
  return row;
}

/** Ends a session; every process that remembers it is told. */
export async function deleteSession(sql: Sql, hash: string): Promise<void> {
  await sql.query(`delete from nightshift.key_sessions where hash = $1`, [hash]);
}

/** Writes down that the sessions were used now. */
export async function updateSessionsUsed(sql: Sql, hashes: readonly string[]): Promise<void> {
  await sql.query(
    `update nightshift.key_sessions set last_used_at = now() where hash = any($1::text[])`,
    [hashes],
  );
}
