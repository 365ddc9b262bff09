import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import {
  type Audit,
  archiveCheckpoint,
  type Checkpoint,
  openAudit,
  openSealer,
  openSigner,
  type Signer,
} from '../audit/index.ts';
import { openFolderArchive } from '../connectors/archive-fs/index.ts';
import type { Archive } from '../core/archive.ts';
import type { Database } from '../db/index.ts';
import type { Faults } from './faults.ts';
import type { Log } from './log.ts';

/** The audit log of an installation, with what its checkpoints are signed with and copied to. */
export interface Auditing {
  readonly audit: Audit;
  /** Undefined where no secret is set. */
  readonly signer: Signer | undefined;
  /** Undefined where no folder is set. */
  readonly archive: Archive | undefined;
}

export async function openAuditing(
  config: Config,
  database: Database,
  { onError }: Pick<Faults, 'onError'>,
): Promise<Auditing> {
  const secret = await secretOf(config);
  const signer = secret === undefined ? undefined : openSigner(secret);
  const { folder } = config.audit;
  const archive = folder === undefined ? undefined : openFolderArchive(folder);
  return { audit: openAudit({ database, signer, archive, onError }), signer, archive };
}

interface Sealing extends Pick<Faults, 'onError'> {
  readonly config: Config;
  readonly database: Database;
  readonly auditing: Auditing;
  readonly log: Log;
}

/** Seals the audit log, and tells of its checkpoints in the log of the process and in the archive. */
export function startSealing({ config, database, auditing, log, onError }: Sealing) {
  const { signer, archive } = auditing;
  return openSealer({
    database,
    signer,
    checkpointMs: config.audit.checkpointMs,
    async publish(checkpoint: Checkpoint) {
      if (archive) await archiveCheckpoint(archive, checkpoint);
      // By another name than the log takes for a secret's.
      const { signature: signed, hash, ...said } = checkpoint;
      log.info({ ...said, hash: Buffer.from(hash).toString('hex'), signed }, 'audit checkpoint');
    },
    onError,
  });
}

/** What is set; embedded, a secret that is made once and kept in the data folder, which one process has. */
export async function secretOf({ audit, database }: Config): Promise<string | undefined> {
  if (audit.secret !== undefined || database.kind === 'postgres') return audit.secret;
  if (database.folder.includes('://')) return undefined;
  const path = join(database.folder, 'secret');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const made = randomBytes(32).toString('base64url');
    await mkdir(database.folder, { recursive: true });
    await writeFile(path, made, { mode: 0o600, flag: 'wx' });
    return made;
  }
}
