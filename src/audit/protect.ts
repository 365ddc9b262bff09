import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { type Database, openDatabase } from '../db/index.ts';

/** How well the log is kept from the application itself. */
export interface AuditProtection {
  /** False: whoever has the application's password can change the log, and be found out. */
  readonly isPrevented: boolean;
  readonly says: string;
}

/** What owns the log once it is protected; nobody can log in as it. */
const owner = 'nightshift_audit';

/** Whether the role that the application works as could change or drop what is in the log. */
export async function findProtection(database: Database): Promise<AuditProtection> {
  if (database.driver.kind === 'pglite')
    return {
      isPrevented: false,
      says: 'the embedded database has one user, who can do everything: changes of the audit log are found out, and not prevented',
    };
  const [row] = await database.query<{ role: string; isSuper: boolean; mayChange: boolean }>(
    `select current_user as role, (select rolsuper from pg_roles where rolname = current_user) as "isSuper",
       pg_has_role(current_user, (select nspowner from pg_namespace where nspname = 'nightshift_audit'), 'member')
       or bool_or(has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')) as "mayChange"
     from pg_class c where c.oid = any(array['nightshift_audit.entries', 'nightshift_audit.seals',
       'nightshift_audit.checkpoints']::regclass[])`,
  );
  const { role, isSuper, mayChange } = row!;
  if (isSuper)
    return {
      isPrevented: false,
      says: `Nightshift works as ${role}, a superuser, whom nothing keeps from changing the audit log; give it a role of its own, and then: nightshift audit protect`,
    };
  if (mayChange)
    return {
      isPrevented: false,
      says: `${role}, as which Nightshift works, owns the audit log and could change it; hand it over with: nightshift audit protect`,
    };
  return { isPrevented: true, says: `${role} can add to the audit log, and not change it` };
}

/**
 * Hands the log over to a role of its own, by the connection of an administrator, so that `role` can only read it
 * and add to it. Twice is fine. Throws `audit.protect` and what opening a database throws.
 */
export async function protectAudit(url: string, role: string): Promise<AuditProtection> {
  const database = await openDatabase({ kind: 'postgres', url });
  try {
    await database.transaction((tx) => handOver(tx, role));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== '42501' && code !== '42704') throw error;
    throw new Failure('audit.protect', { role, reason: message }, error);
  } finally {
    await database.close();
  }
  return { isPrevented: true, says: `${role} can add to the audit log, and not change it` };
}

async function handOver(tx: Sql, role: string): Promise<void> {
  const [found] = await tx.query<{ quoted: string; isSuper: boolean }>(
    `select quote_ident(rolname) as quoted, rolsuper as "isSuper" from pg_roles where rolname = $1`,
    [role],
  );
  if (!found) throw new Failure('audit.protect', { role, reason: 'there is no such role' });
  if (found.isSuper)
    throw new Failure('audit.protect', {
      role,
      reason: 'it is a superuser, whom nothing keeps from changing it',
    });
  const to = found.quoted;
  const statements = [
    `do $$ begin create role ${owner} nologin; exception when duplicate_object then null; end $$`,
    // Whoever is no superuser has to be of the role for as long as it takes to hand things over.
    `grant ${owner} to current_user`,
    `alter schema nightshift_audit owner to ${owner}`,
    ...tables.map((table) => `alter table nightshift_audit.${table} owner to ${owner}`),
    ...functions.map((name) => `alter function nightshift_audit.${name} owner to ${owner}`),
    `revoke all on schema nightshift_audit from ${to}`,
    `revoke all on all tables in schema nightshift_audit from ${to}`,
    `grant usage on schema nightshift_audit to ${to}`,
    `grant select on all tables in schema nightshift_audit to ${to}`,
    `grant insert (actor, origin, action, outcome, resource, ids, before, after, details) on nightshift_audit.entries to ${to}`,
    `grant insert on nightshift_audit.seals, nightshift_audit.checkpoints to ${to}`,
    `grant insert, delete on nightshift_audit.unsealed to ${to}`,
    `revoke execute on function nightshift_audit.purge(bigint) from public`,
    `grant execute on function nightshift_audit.purge(bigint) to ${to}`,
    `revoke ${owner} from current_user`,
    `revoke ${owner} from ${to}`,
  ];
  for (const statement of statements) await tx.query(statement);
}

const tables = ['entries', 'seals', 'checkpoints', 'unsealed'];
const functions = ['purge(bigint)', 'note_unsealed()', 'refuse_change()'];
