import type { AuditEntry } from '../../core/audit.ts';
import type { Sql } from '../../core/sql.ts';
import { hexOf } from '../chain.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { entryColumns } from './entries.ts';

/** A position of the chain, and what is sealed there; null where the entry is gone. */
export interface SealedRow {
  readonly position: number;
  readonly hash: Uint8Array;
  /** The id of the entry. */
  readonly sealed: number;
  readonly entry: AuditEntry | null;
}

/** Where a chain stands. */
export interface Link {
  readonly position: number;
  readonly hash: Uint8Array;
}

/** True for the one that may seal until its transaction ends. */
export async function takeSealing(tx: Sql): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('nightshift_audit.seals')) as taken`,
  );
  return row!.taken;
}

/** The end of the chain; undefined before its first entry. */
export async function selectLast(sql: Sql): Promise<Link | undefined> {
  const [last] = await sql.query<Link>(
    `(select position, hash from nightshift_audit.seals order by position desc limit 1)
     union all (select position, hash from nightshift_audit.checkpoints order by position desc limit 1)
     order by position desc limit 1`,
  );
  return last;
}

/** What the chain is at a position, by its seal and by its checkpoint, where there are such. */
export async function selectLinks(sql: Sql, position: number): Promise<Link[]> {
  return sql.query<Link>(
    `select position, hash from nightshift_audit.seals where position = $1
     union all select position, hash from nightshift_audit.checkpoints where position = $1`,
    [position],
  );
}

/** The oldest entries that are in no chain yet. */
export async function selectUnsealed(sql: Sql, limit: number): Promise<AuditEntry[]> {
  return sql.query<AuditEntry>(
    `select ${entryColumns} from nightshift_audit.unsealed u join nightshift_audit.entries e on e.id = u.entry
     where not exists (select from nightshift_audit.seals s where s.entry = e.id)
     order by u.entry limit $1`,
    [limit],
  );
}

/** Adds to the chain; what is in it already throws. */
export async function insertSeals(
  tx: Sql,
  seals: readonly { readonly position: number; readonly entry: number; readonly hash: Buffer }[],
): Promise<void> {
  await tx.query(
    `with sealed as (
       insert into nightshift_audit.seals (position, entry, hash)
       select position, entry, decode(hash, 'hex') from unnest($1::bigint[], $2::bigint[], $3::text[]) as s(position, entry, hash)
       returning entry
     ) delete from nightshift_audit.unsealed u using sealed where u.entry = sealed.entry`,
    [
      seals.map(({ position }) => position),
      seals.map(({ entry }) => entry),
      seals.map(({ hash }) => hexOf(hash)),
    ],
  );
}

/** A page of the chain, after a position. */
export async function selectSealed(
  sql: Sql,
  { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<SealedRow[]> {
  const rows = await sql.query<AuditEntry & Omit<SealedRow, 'entry'>>(
    `select s.position, s.hash, s.entry as sealed, ${entryColumns}
     from nightshift_audit.seals s left join nightshift_audit.entries e on e.id = s.entry
     where s.position > $1 and s.position <= $2 order by s.position limit $3`,
    [after, upTo, limit],
  );
  return rows.map(({ position, hash, sealed, ...entry }) => ({
    position,
    hash,
    sealed,
    entry: (entry.id as number | null) === null ? null : entry,
  }));
}

/** The positions of the first and the last sealed entry of a time; undefined when it has none. */
export async function selectRange(
  sql: Sql,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const [range] = await sql.query<{ first: number | null; last: number }>(
    `select min(s.position) as first, max(s.position) as last
     from nightshift_audit.entries e join nightshift_audit.seals s on s.entry = e.id
     where e.at >= coalesce($1::timestamptz, '-infinity') and e.at < coalesce($2::timestamptz, 'infinity')`,
    [from ?? null, to ?? null],
  );
  return range?.first == null ? undefined : { first: range.first, last: range.last };
}

/** The checkpoints of a part of the chain, in order. */
export async function selectCheckpoints(
  sql: Sql,
  { from, upTo }: { readonly from: number; readonly upTo: number },
): Promise<Checkpoint[]> {
  return sql.query<Checkpoint>(
    `select position, at, hash, public_key as "publicKey", signature from nightshift_audit.checkpoints
     where position >= $1 and position <= $2 order by position`,
    [from, upTo],
  );
}

/** The newest checkpoint, how long ago it was, and what time it is, to the millisecond. */
export async function selectNewest(sql: Sql): Promise<{
  readonly now: Date;
  readonly position: number | null;
  readonly ageMs: number | null;
}> {
  const [row] = await sql.query<{ now: Date; position: number | null; ageMs: number | null }>(
    `select clock_timestamp()::timestamptz(3) as now, c.position,
       extract(epoch from clock_timestamp() - c.at)::float8 * 1000 as "ageMs"
     from (select) as one left join lateral (
       select position, at from nightshift_audit.checkpoints order by position desc limit 1) c on true`,
  );
  return row!;
}

export async function insertCheckpoint(tx: Sql, checkpoint: Checkpoint): Promise<void> {
  const { position, at, hash, publicKey, signature } = checkpoint;
  await tx.query(
    `insert into nightshift_audit.checkpoints (position, at, hash, public_key, signature)
     values ($1, $2, decode($3, 'hex'), $4, $5)`,
    [position, at, hexOf(hash), publicKey, signature],
  );
}

/** Entries around the chain: written without its knowing, gone before they were sealed, and those that wait. */
export interface Loose {
  readonly unnoted: readonly number[];
  readonly vanished: readonly number[];
  readonly waiting: number;
  readonly waitedMs: number | null;
}

/** What is in no seal; up to a hundred of each kind. */
export async function selectLoose(sql: Sql): Promise<Loose> {
  const [row] = await sql.query<Loose>(
    `select
       array(select e.id from nightshift_audit.entries e
         where not exists (select from nightshift_audit.seals s where s.entry = e.id)
           and not exists (select from nightshift_audit.unsealed u where u.entry = e.id) order by e.id limit 100) as unnoted,
       array(select u.entry from nightshift_audit.unsealed u
         where not exists (select from nightshift_audit.entries e where e.id = u.entry) order by u.entry limit 100) as vanished,
       count(e.id)::int as waiting, extract(epoch from clock_timestamp() - min(e.at))::float8 * 1000 as "waitedMs"
     from nightshift_audit.unsealed u join nightshift_audit.entries e on e.id = u.entry
     where not exists (select from nightshift_audit.seals s where s.entry = e.id)`,
  );
  return row!;
}

/** Checkpoints that are older than `keepMs`, the oldest first, without the very first, which is the beginning. */
export async function selectOld(
  sql: Sql,
  { keepMs, limit }: { readonly keepMs: number; readonly limit: number },
): Promise<Link[]> {
  return sql.query<Link>(
    `select c.position, c.hash from nightshift_audit.checkpoints c
     where c.at < now() - $1 * interval '1 millisecond'
       and exists (select from nightshift_audit.seals s where s.position <= c.position)
     order by c.position limit $2`,
    [keepMs, limit],
  );
}

/** Lets go of everything up to a checkpoint; answers how many entries that were. */
export async function purge(tx: Sql, upTo: number): Promise<number> {
  const [row] = await tx.query<{ gone: number }>(`select nightshift_audit.purge($1) as gone`, [
    upTo,
  ]);
  return row!.gone;
}
