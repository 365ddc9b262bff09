import type { Sql } from '../../core/sql.ts';

/** What a presented secret is held against. */
export interface KeyRecord {
  readonly id: string;
  readonly prefix: string;
  readonly hash: Uint8Array;
  readonly name: string;
  readonly role: string;
  readonly jobs: readonly string[] | null;
  readonly ratePerMinute: number | null;
  readonly expiresAt: Date | null;
  /** By Postgres's clock; null: never. */
  readonly expiresInMs: number | null;
  readonly isRevoked: boolean;
}

export async function selectRecord(sql: Sql, prefix: string): Promise<KeyRecord | undefined> {
  const [row] = await sql.query<KeyRecord>(
    `select id, prefix, hash, name, role, jobs, rate_per_minute as "ratePerMinute", expires_at as "expiresAt",
       (extract(epoch from expires_at - now()) * 1000)::float8 as "expiresInMs", revoked_at is not null as "isRevoked"
     from nightshift.keys where prefix = $1`,
    [prefix],
  );
  return row;
}

/** A part of a key's minute, taken out of it for one process. */
export interface Lease {
  /** What all processes have taken of the minute, this lease included; more than the limit where it was refused. */
  readonly used: number;
  readonly endsInMs: number;
}

/**
 * Takes `wanted` requests out of the key's minute, which begins with the first after the one before has ended. What
 * was taken beyond the limit was refused, to whoever took it: the sum only grows.
 */
export async function leaseRequests(sql: Sql, id: string, wanted: number): Promise<Lease> {
  const [row] = await sql.query<Lease>(
    `insert into nightshift.key_rates as r (key_id, began_at, used) values ($1, clock_timestamp(), $2)
     on conflict (key_id) do update set
       used = case when r.began_at > excluded.began_at - interval '1 minute' then r.used + excluded.used else excluded.used end,
       began_at = case when r.began_at > excluded.began_at - interval '1 minute' then r.began_at else excluded.began_at end
     returning used, (extract(epoch from began_at + interval '1 minute' - clock_timestamp()) * 1000)::float8 as "endsInMs"`,
    [id, wanted],
  );
  return row!;
}
