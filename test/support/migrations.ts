import { jobMigrations } from '../../jobs/index.ts';
import { auditMigrations } from '../../src/audit/index.ts';
import { authMigrations } from '../../src/auth/index.ts';
import { documentsMigrations } from '../../src/documents/index.ts';
import { hooksMigrations } from '../../src/hooks/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';

/** Every migration of the product. */
export const productMigrations = {
  ...ledgerMigrations,
  ...auditMigrations,
  ...authMigrations,
  ...documentsMigrations,
  ...hooksMigrations,
  ...jobMigrations,
};
