import { keys } from './migrations/0001-keys.ts';

export { type Auth, type Authenticated, openAuth } from './auth.ts';
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

/** The migrations of keys, by name. */
export const authMigrations = { 'auth/0001-keys': keys };
