import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '../core/actor.ts';
import { Failure } from '../core/errors.ts';
import type { Roles } from '../core/roles.ts';
import type { TransactionalSql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import { openLastUse } from './last-use.ts';
import { updateLastUsed } from './queries/keys.ts';
import { type KeyRecord, selectRecord } from './queries/verification.ts';
import { openRates, type Taken } from './rates.ts';
import { openRecordCache, type RecordCache, type Remembered } from './record-cache.ts';
import { parseSecret } from './secret.ts';
import { type OpenedSession, openSessions, type Sessions } from './sessions.ts';

/** Who comes with a key, and how much the key may still ask for. */
export interface Auth {
  readonly roles: Roles;
  /**
   * Whose key it is that a header `Authorization` presents, one request taken from its minute. Throws
   * `auth.required`, `auth.key_unknown`, `auth.key_expired` or `auth.key_revoked`.
   */
  authenticate(header: string | undefined): Promise<Authenticated>;
  /** True for a key that was good in this process before: nothing is looked up for the answer. */
  remembers(header: string | undefined): boolean;
  /**
   * Opens a session for whoever has this key, in a transaction of what `known` answers once it is known who that is;
   * throws as `authenticate` does, and `auth.rate_limited`.
   */
  signIn(secret: string, known?: (actor: Actor) => TransactionalSql): Promise<OpenedSession>;
  /**
   * The same as `authenticate` for the token of a session, whose key has to be good still. Throws `auth.required`
   * without one, and `auth.session_over`.
   */
  resume(token: string | undefined): Promise<Authenticated>;
  /** Ends a session at once, in every process; twice is fine. */
  signOut(token: string, sql?: TransactionalSql): Promise<void>;
  /** Writes down the last uses; twice is fine. */
  close(): Promise<void>;
}

export interface Authenticated {
  readonly actor: Actor;
  /** Whether the request is within the key's rate. */
  readonly rate: Taken;
}

export interface AuthParts {
  readonly database: Database;
  readonly roles: Roles;
  readonly ratePerMinute: number;
  /** How long a key is remembered when nothing tells of a change of it. */
  readonly rememberMs?: number;
  onError(error: unknown): void;
}

/** NOTIFY is only a hint, which a lost connection loses: after so long a key is looked up again. */
const usualMemoryMs = 5_000;

export function openAuth(parts: AuthParts): Auth {
  const { database, roles, ratePerMinute, rememberMs = usualMemoryMs, onError } = parts;
  const cache = openRecordCache<KeyRecord>({
    database,
    channel: 'nightshift_key',
    rememberMs,
    select: (prefix) => selectRecord(database, prefix),
  });
  const rates = openRates(database);
  const lastUse = openLastUse({ write: (ids) => updateLastUsed(database, ids), onError });
  const sessions = openSessions({ database, rememberMs, onError });
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    await lastUse.close();
    await sessions.close();
    await cache.close();
  }

  async function admit(found: Remembered<KeyRecord>): Promise<Authenticated> {
    const { record } = requireAlive(found);
    lastUse.note(record.id);
    const limit = record.ratePerMinute ?? ratePerMinute;
    return { actor: actorOf(record), rate: await rates.take({ id: record.id, limit }) };
  }

  return {
    roles,
    authenticate: async (header) => admit(await findKey(cache, readBearer(header))),
    async signIn(secret, known) {
      const { actor, rate } = await admit(await findKey(cache, secret));
      if (!rate.isAllowed) throw exceeded(actor, rate);
      return sessions.open(actor.id, known?.(actor));
    },
    remembers(header) {
      const secret = parseSecret(findBearer(header) ?? '');
      const known = secret && cache.recall(secret.prefix);
      return known !== undefined && timingSafeEqual(known.record.hash, secret!.hash);
    },
    resume: async (token) => admit(await findKeyOfSession(cache, sessions, token)),
    signOut: sessions.end,
    close: () => (closing ??= closeAll()),
  };
}

/** The failure of a key that has had its requests of a minute. */
export function exceeded({ kind, name }: Actor, { limit, resetMs }: Taken): Failure {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  return new Failure('auth.rate_limited', { who: `the ${kind} "${name}"`, limit, seconds });
}

async function findKey(
  cache: RecordCache<KeyRecord>,
  text: string,
): Promise<Remembered<KeyRecord>> {
  const secret = parseSecret(text);
  const found = secret && (await cache.find(secret.prefix));
  if (!found || !timingSafeEqual(found.record.hash, secret.hash))
    throw new Failure('auth.key_unknown', {});
  return found;
}

async function findKeyOfSession(
  cache: RecordCache<KeyRecord>,
  sessions: Sessions,
  token: string | undefined,
): Promise<Remembered<KeyRecord>> {
  if (token === undefined) throw new Failure('auth.required', {});
  const session = await sessions.find(token);
  const found = session && (await cache.find(session.prefix));
  if (!found) throw new Failure('auth.session_over', {});
  return found;
}

function readBearer(header: string | undefined): string {
  const text = findBearer(header);
  if (text === undefined) throw new Failure('auth.required', {});
  return text;
}

function findBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

function requireAlive(found: Remembered<KeyRecord>): Remembered<KeyRecord> {
  const { record, expiresAtMs = Infinity } = found;
  const { prefix, expiresAt } = record;
  if (record.isRevoked) throw new Failure('auth.key_revoked', { prefix });
  if (performance.now() >= expiresAtMs)
    throw new Failure('auth.key_expired', { prefix, at: expiresAt!.toISOString() });
  return found;
}

function actorOf({ id, name, role, jobs }: KeyRecord): Actor {
  return { kind: 'key', id, name, role, ...(jobs && { jobs }) };
}
