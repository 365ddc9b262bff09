import { type Actor, nameOfActor } from '../core/actor.ts';
import { formatMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import { coversScope, scopePattern } from '../core/job-scope.ts';
import type { Roles } from '../core/roles.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { suggest } from '../core/suggest.ts';
import {
  insertKey,
  type Key,
  selectKeyForUpdate,
  selectKeys,
  selectLimits,
  updateReplaced,
  updateRevoked,
} from './queries/keys.ts';
import { makeSecret } from './secret.ts';

/** What a key is to be. */
export interface KeyWish {
  readonly name: string;
  readonly role: string;
  /** Names or `prefix*`; all jobs when left out. */
  readonly jobs?: readonly string[] | undefined;
  readonly ratePerMinute?: number | undefined;
  /** From now; it does not expire when left out. */
  readonly expiresMs?: number | undefined;
}

/** A new key with its secret, which nobody can be told again. */
export interface MadeKey {
  readonly secret: string;
  readonly key: Key;
}

/** Who does something to keys, and what the roles are. */
export interface Doing {
  readonly actor: Actor;
  readonly roles: Roles;
}

/** Every key, the newest first, without secrets. */
export function listKeys(sql: Sql): Promise<Key[]> {
  return selectKeys(sql);
}

/**
 * Makes a key; throws `key.invalid`, and `key.beyond` where it would have rights that its maker has not, or where a key
 * would give more time or requests than it was given itself.
 */
export async function createKey(
  sql: Sql,
  wish: KeyWish,
  { actor, roles }: Doing,
): Promise<MadeKey> {
  const jobs = wish.jobs?.includes('*') ? undefined : wish.jobs;
  requireValid(wish, roles);
  requireOwnRights({ role: wish.role, jobs }, { actor, roles });
  await requireOwnLimits(sql, wish, actor);
  const { text, prefix, hash } = makeSecret();
  const key = await insertKey(sql, {
    prefix,
    hash,
    name: wish.name,
    role: wish.role,
    jobs: jobs ?? null,
    ratePerMinute: wish.ratePerMinute ?? null,
    expiresMs: wish.expiresMs ?? null,
    createdBy: nameOfActor(actor),
  });
  return { secret: text, key };
}

/** Ends a key at once, in every process; twice is fine. Throws `key.missing` or `key.beyond`. */
export async function revokeKey(sql: TransactionalSql, id: string, doing: Doing): Promise<Key> {
  return sql.transaction(async (tx) => {
    const key = await lockKey(tx, id);
    requireOwnRights(rightsOf(key), doing);
    return updateRevoked(tx, key.id, nameOfActor(doing.actor));
  });
}

export interface Rotation {
  /** So long the old key is good beside the new one. */
  readonly overlapMs: number;
  /** When the new key expires, from now; as long as the old one was given, when left out. */
  readonly expiresMs?: number | undefined;
}

/**
 * A new key with the rights of another, which ends after the overlap. Throws `key.missing`, `key.beyond`, and
 * `key.ended` for one that is not good any more or was rotated before.
 */
export async function rotateKey(
  sql: TransactionalSql,
  { id, overlapMs, expiresMs }: Rotation & { readonly id: string },
  doing: Doing,
): Promise<MadeKey & { readonly replaced: Key }> {
  return sql.transaction(async (tx) => {
    const old = await lockKey(tx, id);
    requireRotatable(old);
    const made = await createKey(
      tx,
      {
        ...rightsOf(old),
        name: old.name,
        ratePerMinute: old.ratePerMinute ?? undefined,
        expiresMs: expiresMs ?? lifetimeOf(old),
      },
      doing,
    );
    const replaced = await updateReplaced(tx, {
      id: old.id,
      by: made.key.id,
      overlapMs: Math.min(overlapMs, longestMs),
    });
    return { ...made, replaced };
  });
}

async function lockKey(tx: Sql, id: string): Promise<Key> {
  const key = /^[\w-]+$/.test(id) ? await selectKeyForUpdate(tx, id) : undefined;
  if (!key) throw new Failure('key.missing', { id });
  return key;
}

function requireRotatable({ prefix, state, replacedBy }: Key): void {
  if (state !== 'active') throw new Failure('key.ended', { prefix, how: `is ${state}` });
  if (replacedBy !== null)
    throw new Failure('key.ended', { prefix, how: `was replaced by ${replacedBy}` });
}

function lifetimeOf({ createdAt, expiresAt }: Key): number | undefined {
  return expiresAt === null ? undefined : expiresAt.getTime() - createdAt.getTime();
}

function rightsOf({ role, jobs }: Pick<Key, 'role' | 'jobs'>) {
  return { role, jobs: jobs ?? undefined };
}

/** Longer than anybody plans, and within what Postgres can add to a time. */
const longestMs = 36_500 * 86_400_000;

function requireValid({ role, jobs, expiresMs = 1 }: KeyWish, roles: Roles): void {
  const names = roles.all.map(({ name }) => name);
  const wrong = jobs?.find((job) => !scopePattern.test(job));
  const faults = [
    !roles.find(role) &&
      `there is no role "${role}"${suggest(role, names)} (the roles are ${names.join(', ')})`,
    (expiresMs <= 0 || expiresMs > longestMs) && 'it expires between now and a hundred years on',
    jobs?.length === 0 && 'a key that is limited to no job is of no use',
    wrong !== undefined && `"${wrong}" is not the name of a job, nor the beginning of one and *`,
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new Failure('key.invalid', { faults: faults.join('; ') });
}

/** Whoever may write keys could otherwise give themselves everything. */
function requireOwnRights(
  { role, jobs }: Pick<KeyWish, 'role' | 'jobs'>,
  { actor, roles }: Doing,
): void {
  const more = roles.find(role)?.permissions.filter((permission) => !roles.may(actor, permission));
  if (more && more.length > 0)
    throw new Failure('key.beyond', { beyond: `the role ${role} may also ${more.join(', ')}` });
  if (!coversScope(actor.jobs, jobs))
    throw new Failure('key.beyond', {
      beyond: `the maker is limited to the jobs ${actor.jobs?.join(', ')}`,
    });
}

/** A key that is to end, or to ask for little, could otherwise put another in its place that is not. */
async function requireOwnLimits(
  sql: Sql,
  { ratePerMinute = Infinity, expiresMs = Infinity }: KeyWish,
  { kind, id }: Actor,
): Promise<void> {
  const own = kind === 'key' ? await selectLimits(sql, id) : undefined;
  const { ratePerMinute: rateMost, expiresInMs: timeMost } = own ?? {};
  const beyond = [
    typeof rateMost === 'number' &&
      ratePerMinute > rateMost &&
      `the maker may make ${rateMost} requests a minute, so say a rate that is no higher`,
    typeof timeMost === 'number' &&
      expiresMs > timeMost &&
      `the maker expires in ${formatMs(Math.floor(timeMost / 1000) * 1000)}, so say an end that is no later`,
  ].filter((fault) => fault !== false);
  if (beyond.length > 0) throw new Failure('key.beyond', { beyond: beyond.join('; ') });
}
