import { keys } from './migrations/0001-keys.ts';
import { sessions } from './migrations/0002-sessions.ts';

export { type Auth, type Authenticated, exceeded, openAuth } from './auth.ts';
export { isAdminAlive, makeFirstKey } from './first-key.ts';
export {
  createKey,
  type Doing,
  type KeyWish,
  listKeys,
  type MadeKey,
  revokeKey,
  rotateKey,
} from './keys.ts';
export type { Key } from './queries/keys.ts';
export type { Taken } from './rates.ts';
export type { OpenedSession } from './sessions.ts';

/** The migrations of keys and their sessions, by name. */
export const authMigrations = { 'auth/0001-keys': keys, 'auth/0002-sessions': sessions };
