import { z } from 'zod';
import { milliseconds, secretText, text } from '../core/option.ts';

/** How the audit log is sealed and kept. */
export const auditOptions = z.strictObject({
  secret: secretText(32)
    .exactOptional()
    .describe(
      'What the checkpoints of the audit log are signed with: keep it the same on all machines, and apart from the database. Embedded makes one of its own, in the data folder; elsewhere checkpoints are not signed without it.',
    ),
  checkpointMs: milliseconds('1s', '7d')
    .prefault('5m')
    .describe('How long the audit log has no new checkpoint at most while there are new entries.'),
  keepMs: milliseconds('90d', '3650d')
    .prefault('400d')
    .describe('How long entries of the audit log are kept.'),
  folder: text('the path of a folder')
    .exactOptional()
    .describe(
      'A folder that checkpoints of the audit log, and entries that are let go, are written to as well: best on another machine, where files can be added and not changed.',
    ),
});

export type AuditOptions = z.output<typeof auditOptions>;
