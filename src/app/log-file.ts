import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { DestinationStream } from 'pino';
import { Failure } from '../core/errors.ts';

export interface LogFileOptions {
  /** The name of the file without its number: `nightshift.log` is `nightshift.1.log`, `nightshift.2.log`, … */
  readonly file: string;
  /** A file that is larger is followed by the next. */
  readonly fileBytes: number;
  /** Files that are kept beside the current one. */
  readonly filesKept: number;
}

/** A log file that is followed by the next when it is full; the oldest go. Throws `log.file`. */
export async function openLogFile({
  file,
  fileBytes,
  filesKept,
}: LogFileOptions): Promise<DestinationStream> {
  const path = resolve(file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await access(dirname(path), constants.W_OK);
    const { default: openRolling } = await import('pino-roll');
    const stream = await openRolling({
      file: path,
      size: `${Math.ceil(fileBytes / 1024)}k`,
      // Also those that an earlier process left.
      limit: { count: filesKept, removeOtherLogFiles: true },
      // What is written last, as the process ends, is what one wants to read.
      sync: true,
    });
    // A full disk ends the log, not the process.
    stream.on('error', (error: Error) => process.stderr.write(`${file}: ${error.message}\n`));
    return stream;
  } catch (error) {
    throw new Failure('log.file', { file, reason: (error as Error).message }, error);
  }
}
