import { hash, randomBytes } from 'node:crypto';
import type { TransactionalSql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import { openLastUse } from './last-use.ts';
import {
  deleteSession,
  insertSession,
  type SessionRecord,
  selectSession,
  sweepSessions,
  updateSessionsUsed,
} from './queries/sessions.ts';
import { openRecordCache, type Remembered } from './record-cache.ts';

/** The sessions of people who came with a key, and go on without showing it. */
export interface Sessions {
  /** A new session of this key (its id), and its token, which nobody can be told again. */
  open(key: string, sql?: TransactionalSql): Promise<OpenedSession>;
  /** The session of a token, or undefined when there is none or it is over. */
  find(token: string): Promise<SessionRecord | undefined>;
  /** Ends it at once, in every process; twice is fine. */
  end(token: string, sql?: TransactionalSql): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedSession {
  readonly token: string;
  readonly lastsMs: number;
}

export interface SessionsParts {
  readonly database: Database;
  readonly rememberMs: number;
  onError(error: unknown): void;
}

/** From when it is opened, however much it is used: a night on duty, and no longer. */
const lastsMs = 12 * 3_600_000;

/** Sessions of one key; the oldest ends for one more. */
const mostOfKey = 100;

const pattern = /^[\w-]{43}$/;

export function openSessions({ database, rememberMs, onError }: SessionsParts): Sessions {
  const cache = openRecordCache<SessionRecord>({
    database,
    channel: 'nightshift_key_session',
    rememberMs,
    select: (name) => selectSession(database, name),
  });
  const lastUse = openLastUse({ write: (ids) => updateSessionsUsed(database, ids), onError });

  return {
    async open(key, sql = database) {
      const token = randomBytes(32).toString('base64url');
      await sql.transaction(async (tx) => {
        await insertSession(tx, { hash: hashOf(token), key, lastsMs });
        await sweepSessions(tx, key, mostOfKey);
      });
      return { token, lastsMs };
    },
    async find(token) {
      if (!pattern.test(token)) return undefined;
      const name = hashOf(token);
      const found = await cache.find(name);
      if (!found || isOver(found)) return undefined;
      lastUse.note(name);
      return found.record;
    },
    async end(token, sql = database) {
      if (pattern.test(token)) await sql.transaction((tx) => deleteSession(tx, hashOf(token)));
    },
    async close() {
      await lastUse.close();
      await cache.close();
    },
  };
}

/** SHA-256, as of keys: the token is 256 random bits, which nobody can try out. */
function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}

function isOver({ expiresAtMs = Infinity }: Remembered<SessionRecord>): boolean {
  return performance.now() >= expiresAtMs;
}
