import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/index.ts';
import {
  type Audit,
  archiveCheckpoint,
  archiveMissing,
  type Checkpoint,
  openAudit,
  openSealer,
  openSigner,
  type Signer,
  writtenOf,
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
  let told: Checkpoint | undefined;
  if (archive) void archiveMissing(archive, database).catch(onError);
  return openSealer({
    database,
    signer,
    checkpointMs: config.audit.checkpointMs,
    async publish(checkpoint: Checkpoint) {
      // By another name than the log takes for a secret's.
      const { signature: signed, ...said } = writtenOf(checkpoint);
      if (told !== checkpoint) log.info({ ...said, signed }, 'audit checkpoint');
      told = checkpoint;
      if (archive) await archiveCheckpoint(archive, checkpoint);
    },
    onError,
  });
}

/** What is set; embedded, a secret that is made once and kept in the data folder, which one process has. */
async function secretOf(config: Config): Promise<string | undefined> {
  const found = await findSecret(config);
  const path = secretFileOf(config);
  if (found !== undefined || path === undefined) return found;
  const made = randomBytes(32).toString('base64url');
  const draft = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, made, { mode: 0o600, flush: true });
  await rename(draft, path);
  return made;
}

/** The secret of the installation, if there is one already. */
export async function findSecret(config: Config): Promise<string | undefined> {
  const path = secretFileOf(config);
  if (config.audit.secret !== undefined || path === undefined) return config.audit.secret;
  try {
    return (await readFile(path, 'utf8')) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

function secretFileOf({ audit, database }: Config): string | undefined {
  if (audit.secret !== undefined || database.kind === 'postgres') return undefined;
  return database.folder.includes('://') ? undefined : join(database.folder, 'secret');
}
