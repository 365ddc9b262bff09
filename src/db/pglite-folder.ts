import { constants } from 'node:fs';
import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure, type FailureCode } from '../core/errors.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';

/** A data folder that this process holds: `postgres` in it is the database, `lock` and `holder.json` are the lock. */
export interface DataFolder extends FolderLock {
  readonly path: string;
  /** Where the database is; missing until `settle` was called for a new one. */
  readonly database: string;
  /** Where a new database is made, so that one half made is never taken for a database. */
  readonly draft: string;
  readonly isNew: boolean;
  /** Turns the draft into the database. */
  settle(): Promise<void>;
}

/** Creates `folder` when missing (mode 0700) and takes its lock; throws a `database.folder_*` failure. */
export async function openFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await requireWritable(path);
    const lock = await lockFolder(path);
    return await findDatabase(path, lock).catch(async (error: unknown) => {
      await lock.release();
      throw error;
    });
  } catch (error) {
    throw folderFailure(path, error);
  }
}

async function findDatabase(path: string, lock: FolderLock): Promise<DataFolder> {
  const database = join(path, 'postgres');
  const draft = join(path, 'postgres.new');
  const isNew = !(await requireWritable(database));
  if (isNew) await rm(draft, { recursive: true, force: true });
  return { ...lock, path, database, draft, isNew, settle: () => rename(draft, database) };
}

/** The failure of `error` while the folder was opened; `log` is what the database said meanwhile. */
export function folderFailure(
  folder: string,
  error: unknown,
  log: readonly string[] = [],
): Failure {
  if (error instanceof Failure) return error;
  const {
    code: name,
    errno,
    message,
  } = error as { code?: string; errno?: number; message?: string };
  const code = String(name ?? errno);
  const reason = findComplaint(log) ?? message ?? `error ${code}`;
  for (const [failure, { codes, words }] of Object.entries(causes))
    if (codes.includes(code) || words.test(reason))
      return new Failure(failure as keyof typeof causes, { folder, reason }, error);
  return new Failure('database.folder_broken', { folder, reason }, error);
}

/** True when `error` says that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && causes['database.folder_full'].codes.includes(code);
}

interface Cause {
  readonly codes: readonly string[];
  readonly words: RegExp;
}

/** By Node's code, by PGlite's own errno (WASI's numbers), or by SQLSTATE 53100; else by the words. */
const causes = {
  'database.folder_full': { codes: ['ENOSPC', '51', '53100'], words: /No space left on device/ },
  'database.folder_readonly': {
    codes: ['EACCES', 'EPERM', 'EROFS', '2', '63', '69'],
    words: /Permission denied|Read-only file system|Operation not permitted/,
  },
} satisfies Partial<Record<FailureCode, Cause>>;

/** Why Postgres gave up, in its own words. */
function findComplaint(log: readonly string[]): string | undefined {
  const complaint = log
    .filter((line) => /(FATAL|PANIC|DETAIL): /.test(line))
    .map((line) => line.replace(/^.*?(FATAL|PANIC|DETAIL): +/, '').replace(/\.$/, ''))
    .join(': ');
  return complaint === '' ? undefined : complaint;
}

/** False when there is nothing at `path`. */
async function requireWritable(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return false;
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`);
  await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  return true;
}
