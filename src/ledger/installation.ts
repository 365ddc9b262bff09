import { Failure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { listWorkers } from './workers.ts';

/** Which installation a database is; nulls before its first process. */
export interface Installation {
  readonly id: string | null;
  /** What the names of its queues begin with. */
  readonly prefix: string | null;
}

export async function findInstallation(sql: Sql): Promise<Installation> {
  const [row] = await sql.query<Installation>('select id, prefix from nightshift.installation');
  return row!;
}

/**
 * The id of the installation whose database this is, for queues that go by `prefix`. Throws
 * `ledger.taken` while workers run on this database whose queues go by another: each would
 * dispatch the other's runs again. Without any the prefix may change.
 */
export async function enterInstallation(
  database: TransactionalSql,
  { prefix, detectionMs }: { readonly prefix: string; readonly detectionMs: number },
): Promise<string> {
  const found = await findInstallation(database);
  if (found.id !== null && found.prefix === prefix) return found.id;
  return database.transaction(async (tx) => {
    await tx.query('lock table nightshift.installation in exclusive mode');
    const { prefix: taken } = await findInstallation(tx);
    const [worker] = await listWorkers(tx, detectionMs);
    if (taken !== null && taken !== prefix && worker)
      throw new Failure('ledger.taken', { taken, prefix, host: worker.host });
    const [row] = await tx.query<{ id: string }>(
      `update nightshift.installation set prefix = $1, id = coalesce(id, gen_random_uuid()) returning id`,
      [prefix],
    );
    return row!.id;
  });
}
