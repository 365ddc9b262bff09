import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '../core/actor.ts';
import { Failure } from '../core/errors.ts';
import type { Roles } from '../core/roles.ts';
import type { Database } from '../db/index.ts';
import { openKeyCache, type Remembered } from './key-cache.ts';
import { openLastUse } from './last-use.ts';
import type { KeyRecord } from './queries/verification.ts';
import { openRates, type Taken } from './rates.ts';
import { parseSecret } from './secret.ts';

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

export function openAuth({
  database,
  roles,
  ratePerMinute,
  rememberMs = usualMemoryMs,
  onError,
}: AuthParts): Auth {
  const cache = openKeyCache(database, rememberMs);
  const rates = openRates(database);
  const lastUse = openLastUse(database, onError);
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    await lastUse.close();
    await cache.close();
  }

  return {
    roles,
    async authenticate(header) {
      const secret = parseSecret(readBearer(header));
      const found = secret && (await cache.find(secret.prefix));
      if (!found || !timingSafeEqual(found.record.hash, secret.hash))
        throw new Failure('auth.key_unknown', {});
      const { record } = requireAlive(found);
      lastUse.note(record.id);
      const limit = record.ratePerMinute ?? ratePerMinute;
      return { actor: actorOf(record), rate: await rates.take({ id: record.id, limit }) };
    },
    remembers(header) {
      const secret = parseSecret(findBearer(header) ?? '');
      const known = secret && cache.recall(secret.prefix);
      return known !== undefined && timingSafeEqual(known.record.hash, secret!.hash);
    },
    close: () => (closing ??= closeAll()),
  };
}

function readBearer(header: string | undefined): string {
  const text = findBearer(header);
  if (text === undefined) throw new Failure('auth.required', {});
  return text;
}

function findBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

function requireAlive(found: Remembered): Remembered {
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
