import { nobody } from '../core/actor.ts';
import { allPermissions } from '../core/permissions.ts';
import type { Roles } from '../core/roles.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { createKey, type MadeKey } from './keys.ts';
import { existsActive, settleFirstKey } from './queries/keys.ts';

/**
 * A first admin key: for one process in the life of an installation, and for none where an admin key
 * was made before.
 */
export async function makeFirstKey(
  database: TransactionalSql,
  roles: Roles,
): Promise<MadeKey | undefined> {
  return database.transaction(async (tx) => {
    if (!(await settleFirstKey(tx)) || (await isAdminAlive(tx, roles))) return undefined;
    const actor = { ...nobody, name: 'first start', role: 'admin' };
    return createKey(tx, { name: 'first admin', role: 'admin' }, { actor, roles });
  });
}

/** True when somebody has a key that may make keys for everything. */
export function isAdminAlive(sql: Sql, roles: Roles): Promise<boolean> {
  const admins = roles.all.filter(
    ({ permissions }) => permissions.length === allPermissions.length,
  );
  return existsActive(
    sql,
    admins.map(({ name }) => name),
  );
}
