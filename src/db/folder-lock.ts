import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../core/errors.ts';

/** The right to be the only process that uses a folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of `folder`, or throws `database.folder_locked` with who holds it.
 *
 * The lock is the kernel's: SQLite's exclusive lock on the empty file `lock`. It ends with the process however
 * that ends, so there is nothing stale to judge, and it holds between containers, where a process id says
 * nothing. That file is never opened otherwise: closing any handle on it would drop the lock (POSIX).
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const holderFile = join(folder, 'holder.json');
  const lock = takeLock(join(folder, 'lock'));
  if (!lock)
    throw new Failure('database.folder_locked', { folder, ...(await readHolder(holderFile)) });
  try {
    await writeHolder(holderFile);
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    async release() {
      if (!lock.isOpen) return;
      await rm(holderFile, { force: true });
      lock.close();
    },
  };
}

const sqliteBusy = 5;

function takeLock(file: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw error;
  }
}

/** Who holds a folder, for people; the lock itself does not rest on it. */
interface Holder {
  readonly pid: number | string;
  readonly host: string;
  readonly since: string;
  readonly command: string;
}

async function writeHolder(file: string): Promise<void> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    command: process.argv.join(' '),
  };
  await writeFile(`${file}.new`, JSON.stringify(holder), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** A holder that has only just taken the lock may not have said who it is. */
async function readHolder(file: string): Promise<Holder> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return { pid: 'unknown', host: 'this machine', since: 'a moment ago', command: 'unknown' };
  }
}
