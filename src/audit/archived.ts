import type { Archive } from '../core/archive.ts';
import type { Checkpoint } from './signing.ts';

const folder = 'audit/checkpoints/';

/** Writes a checkpoint where the database cannot reach it. Throws `archive.unwritable`. */
export async function archiveCheckpoint(archive: Archive, checkpoint: Checkpoint): Promise<void> {
  const name = String(checkpoint.position).padStart(15, '0');
  await archive.put(`${folder}${name}.json`, Buffer.from(`${writeCheckpoint(checkpoint)}\n`));
}

/** The checkpoints in the archive. Throws `archive.unreadable`. */
export async function readArchived(archive: Archive): Promise<Checkpoint[]> {
  const found: Checkpoint[] = [];
  for await (const key of archive.list(folder)) {
    const parts: Uint8Array[] = [];
    for await (const part of archive.read(key)) parts.push(part);
    found.push(parseCheckpoint(Buffer.concat(parts).toString()));
  }
  return found;
}

/** One line of JSON. */
export function writeCheckpoint({ position, at, hash, publicKey, signature }: Checkpoint): string {
  const hex = Buffer.from(hash).toString('hex');
  return JSON.stringify({ position, at, hash: hex, publicKey, signature });
}

/** Throws SyntaxError or TypeError for what is no checkpoint. */
export function parseCheckpoint(text: string): Checkpoint {
  const { at, hash, ...said } = JSON.parse(text) as Checkpoint & {
    readonly at: string;
    readonly hash: string;
  };
  return { ...said, at: new Date(at), hash: Buffer.from(hash, 'hex') };
}
