import { access, constants, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The room where a folder lies. */
export interface DiskRoom {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** The room where `folder` lies, or will lie: one that is not there yet is asked of by what it will be in. */
export async function readRoom(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(await findExisting(resolve(folder)));
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** Throws when nothing can be written into `folder`, or made where it will be. */
export async function requireWritable(folder: string): Promise<void> {
  await access(await findExisting(resolve(folder)), constants.W_OK);
}

async function findExisting(path: string): Promise<string> {
  for (let here = path; ; here = dirname(here)) {
    try {
      await access(here);
      return here;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || here === dirname(here)) throw error;
    }
  }
}
