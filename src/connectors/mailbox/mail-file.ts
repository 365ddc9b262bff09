import { open, stat } from 'node:fs/promises';
import type { MailEntry } from '../../core/connectors.ts';
import { Failure } from '../../core/errors.ts';

/** The mail that is a whole file, or undefined when the file is gone or is none. */
export async function findMailFile(path: string, id: string): Promise<MailEntry | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { size } = found;
  return {
    id,
    size,
    read: (maxBytes = size) => readBytes(path, { id, from: 0, length: maxBytes }),
  };
}

/**
 * At most `length` bytes of a file. Fails with `mail.gone` when the file is no longer there and with
 * `mail.unreadable` when it cannot be read.
 */
export async function readBytes(
  path: string,
  { id, from, length }: { id: string; from: number; length: number },
): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const available = Math.max(0, (await file.stat()).size - from);
      const buffer = Buffer.allocUnsafe(Math.min(length, available));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT') throw new Failure('mail.gone', { id }, error);
    throw new Failure('mail.unreadable', { id, reason: code }, error);
  }
}
