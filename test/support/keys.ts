import { createKey, type KeyWish, type MadeKey } from '../../src/auth/index.ts';
import { localOperator } from '../../src/core/actor.ts';
import { collectRoles } from '../../src/core/roles.ts';
import type { Sql } from '../../src/core/sql.ts';

/** A key, an admin's unless `wish` says otherwise, made as the local operator makes one. */
export function makeKey(
  sql: Sql,
  wish: Partial<KeyWish> = {},
  roles = collectRoles(),
): Promise<MadeKey> {
  return createKey(
    sql,
    { name: 'a test', role: 'admin', ...wish },
    { actor: localOperator, roles },
  );
}
