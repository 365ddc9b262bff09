import { audit } from './migrations/0001-audit.ts';

export { archiveCheckpoint, archiveMissing } from './archived.ts';
export { type Audit, type Change, openAudit, type Told } from './audit.ts';
export { hashValue } from './chain.ts';
export { type Checkpoint, writtenOf } from './checkpoint.ts';
export {
  type ExportPage,
  type ExportPlace,
  type ExportRange,
  exportPage,
  verifyExport,
} from './export.ts';
export { type AuditProtection, findProtection, protectAudit } from './protect.ts';
export {
  type AuditFilter,
  type PlacedEntry,
  selectEntries,
} from './queries/entries.ts';
export type { Refused } from './refusals.ts';
export { auditRetentionDuty } from './retention.ts';
export { openSealer, type Sealer, sealAll } from './sealer.ts';
export { openSigner, type Signer } from './signing.ts';
export type { AuditFault, Verification } from './verification.ts';
export { verifyLog } from './verify.ts';

/** The migrations of the audit log, by name. */
export const auditMigrations = { 'audit/0001-audit': audit };
