import type { Sql } from '../../core/sql.ts';

/** A key as it may be shown: without its hash. */
export interface Key {
  readonly id: string;
  /** What its secret begins with. */
  readonly prefix: string;
  readonly name: string;
  readonly role: string;
  /** The only jobs it may see and touch, by name or `prefix*`; null: all. */
  readonly jobs: readonly string[] | null;
  /** Requests in a minute; null: as many as the installation gives every key. */
  readonly ratePerMinute: number | null;
  readonly state: 'active' | 'expired' | 'revoked';
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
  /** The key that follows it, after a rotation. */
  readonly replacedBy: string | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
}

/** What a new key is written with. */
export interface NewKey {
  readonly prefix: string;
  readonly hash: Buffer;
  readonly name: string;
  readonly role: string;
  readonly jobs: readonly string[] | null;
  readonly ratePerMinute: number | null;
  /** From now; null: it does not expire. */
  readonly expiresMs: number | null;
  readonly createdBy: string;
}

const columns = `id, prefix, name, role, jobs, rate_per_minute as "ratePerMinute",
  case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'active' end as state,
  created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt", revoked_at as "revokedAt",
  revoked_by as "revokedBy", replaced_by as "replacedBy", last_used_at as "lastUsedAt"`;

export async function insertKey(sql: Sql, key: NewKey): Promise<Key> {
  const [row] = await sql.query<Key>(
    `insert into nightshift.keys (prefix, hash, name, role, jobs, rate_per_minute, expires_at, created_by)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond', $8) returning ${columns}`,
    [
      key.prefix,
      key.hash,
      key.name,
      key.role,
      key.jobs,
      key.ratePerMinute,
      key.expiresMs,
      key.createdBy,
    ],
  );
  return row!;
}

/** Newest first. */
export async function selectKeys(sql: Sql): Promise<Key[]> {
  return sql.query<Key>(
    `select ${columns} from nightshift.keys order by created_at desc, id limit 10000`,
  );
}

/** The key of this id or prefix, its row locked; undefined when there is none. */
export async function selectKeyForUpdate(sql: Sql, idOrPrefix: string): Promise<Key | undefined> {
  const [row] = await sql.query<Key>(
    `select ${columns} from nightshift.keys where id::text = $1 or prefix = $1 for update`,
    [idOrPrefix],
  );
  return row;
}

/** How much a key was given of time and requests. */
export interface KeyLimits {
  readonly ratePerMinute: number | null;
  /** By Postgres's clock; null: it does not expire. */
  readonly expiresInMs: number | null;
}

/** Undefined when there is no such key. */
export async function selectLimits(sql: Sql, id: string): Promise<KeyLimits | undefined> {
  const [row] = await sql.query<KeyLimits>(
    `select rate_per_minute as "ratePerMinute", (extract(epoch from expires_at - now()) * 1000)::float8 as "expiresInMs"
     from nightshift.keys where id::text = $1`,
    [id],
  );
  return row;
}

/** Ends the key at once; one that was revoked before stays as it is. */
export async function updateRevoked(sql: Sql, id: string, by: string): Promise<Key> {
  const [row] = await sql.query<Key>(
    `update nightshift.keys set revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, $2)
     where id = $1 returning ${columns}`,
    [id, by],
  );
  return row!;
}

/** Lets the key end after `overlapMs`, if it does not earlier. */
export async function updateReplaced(
  sql: Sql,
  { id, by, overlapMs }: { readonly id: string; readonly by: string; readonly overlapMs: number },
): Promise<Key> {
  const [row] = await sql.query<Key>(
    `update nightshift.keys set replaced_by = $2,
       expires_at = least(expires_at, now() + $3 * interval '1 millisecond')
     where id = $1 returning ${columns}`,
    [id, by, overlapMs],
  );
  return row!;
}

/** Writes down that the keys were used now, for each at most once a minute. */
export async function updateLastUsed(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `update nightshift.keys set last_used_at = now()
     where id = any($1::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [ids],
  );
}

/** True when a key of one of the roles is neither revoked nor expired nor limited to jobs. */
export async function existsActive(sql: Sql, roles: readonly string[]): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(
    `select exists (select from nightshift.keys where role = any($1::text[]) and jobs is null
       and revoked_at is null and (expires_at is null or expires_at > now())) as found`,
    [roles],
  );
  return row!.found;
}

/** True for the one caller of all times that finds it unsettled whether a first key is to be made. */
export async function settleFirstKey(sql: Sql): Promise<boolean> {
  const rows = await sql.query(
    `update nightshift.first_key set settled_at = now() where settled_at is null returning single`,
  );
  return rows.length > 0;
}
