import { type Auth, authMigrations, openAuth } from '../../src/auth/index.ts';
import { collectRoles } from '../../src/core/roles.ts';
import type { Database } from '../../src/db/index.ts';
import { type DatabaseKind, openTestDatabase } from '../support/database.ts';

/** Two processes that let in by keys, on a database of the test's own. */
export interface TestAuths extends AsyncDisposable {
  readonly database: Database;
  readonly auths: readonly [Auth, Auth];
  /** Everything that went wrong in them. */
  readonly errors: readonly unknown[];
  /** Opens one more; the caller closes it. */
  open(): Auth;
}

/** They remember what they found for longer than a test takes. */
export async function openTestAuths(kind: DatabaseKind): Promise<TestAuths> {
  const place = await openTestDatabase(kind, authMigrations);
  const { database } = place;
  const errors: unknown[] = [];
  const open = () =>
    openAuth({
      database,
      roles: collectRoles(),
      ratePerMinute: 12_000,
      rememberMs: 3_600_000,
      onError: (error) => void errors.push(error),
    });
  const auths = [open(), open()] as const;
  return {
    database,
    auths,
    errors,
    open,
    async [Symbol.asyncDispose]() {
      for (const auth of auths) await auth.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** What somebody is told: the code of the failure, or that they are let in. */
export function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'let in',
    (error: unknown) => (error as { code: string }).code,
  );
}
