import { z } from 'zod';
import type { Archive } from '../core/archive.ts';
import type { Sql } from '../core/sql.ts';
import { hexOf } from './chain.ts';
import { type Checkpoint, writtenCheckpoint, writtenOf } from './checkpoint.ts';
import { selectCheckpoints } from './queries/seals.ts';
import type { AuditFault } from './verification.ts';

const folder = 'audit/checkpoints/';

/** Writes a checkpoint where the database cannot reach it, beside any other of its position. Throws `archive.unwritable`. */
export async function archiveCheckpoint(archive: Archive, checkpoint: Checkpoint): Promise<void> {
  await archive.put(keyOf(checkpoint), Buffer.from(`${writeCheckpoint(checkpoint)}\n`));
}

/** Writes those of the database that are not there yet, as after a death before they were told. */
export async function archiveMissing(archive: Archive, sql: Sql): Promise<void> {
  const known = new Set<string>();
  for await (const key of archive.list(folder)) known.add(key);
  const upTo = Number.MAX_SAFE_INTEGER;
  for (const checkpoint of await selectCheckpoints(sql, { from: 0, upTo }))
    if (!known.has(keyOf(checkpoint))) await archiveCheckpoint(archive, checkpoint);
}

function keyOf({ position, hash }: Checkpoint): string {
  const name = String(position).padStart(15, '0');
  return `${folder}${name}-${hexOf(hash).slice(0, 16)}.json`;
}

/** The checkpoints in the archive, and what there is none. Throws `archive.unreadable`. */
export async function readArchived(
  archive: Archive,
): Promise<{ readonly checkpoints: Checkpoint[]; readonly faults: AuditFault[] }> {
  const [checkpoints, faults]: [Checkpoint[], AuditFault[]] = [[], []];
  for await (const key of archive.list(folder)) {
    const parts: Uint8Array[] = [];
    for await (const part of archive.read(key)) parts.push(part);
    const read = readCheckpoint(Buffer.concat(parts).toString());
    if (read) checkpoints.push(read);
    else faults.push({ position: null, says: `${key} in the archive is no checkpoint` });
  }
  return { checkpoints, faults };
}

function readCheckpoint(text: string): Checkpoint | undefined {
  try {
    return writtenCheckpoint.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** One line of JSON. */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify(writtenOf(checkpoint));
}
