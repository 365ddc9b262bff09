import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Archive } from '../../core/archive.ts';
import { Failure } from '../../core/errors.ts';

/** An archive in a folder, made with the first file. On many machines it is one that they share. */
export function openFolderArchive(folder: string): Archive {
  const place = resolve(folder);
  return {
    place,
    async put(key, content) {
      try {
        await putFile(place, requireKey(key), content);
      } catch (error) {
        throw new Failure('archive.unwritable', { place, reason: reasonOf(error) }, error);
      }
    },
    read: (key) => readFile(place, requireKey(key)),
    list: (prefix) => listFiles(place, prefix),
    async remove(keys) {
      try {
        for (const key of keys) await removeFile(place, requireKey(key));
        await sweepDrafts(place);
      } catch (error) {
        throw new Failure('archive.unwritable', { place, reason: reasonOf(error) }, error);
      }
    },
  };
}

/** Writes a file and removes it; throws `archive.unwritable`. */
export async function checkWritable(archive: Archive): Promise<void> {
  const key = `checks/${randomBytes(8).toString('hex')}`;
  await archive.put(key, new Uint8Array([1]));
  await archive.remove([key]);
}

/** Here a file is written before it gets its name. */
const drafts = '.drafts';

/** A draft so old was left by a process that died. */
const abandonedMs = 24 * 3_600_000;

/** What has its name is whole and on the disk: it is written aside, and its name with it made durable. */
async function putFile(place: string, key: string, content: Uint8Array): Promise<void> {
  const draft = join(place, drafts, randomBytes(8).toString('hex'));
  await mkdir(dirname(draft), { recursive: true });
  try {
    await writeDurably(draft, content);
    await nameFile(draft, join(place, key));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The folder may be removed, empty as it is, before the file is in it: then it is made again. */
async function nameFile(draft: string, path: string, tries = 3): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || tries === 1) throw error;
    await nameFile(draft, path, tries - 1);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* readFile(place: string, key: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(join(place, key)) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Failure('artifact.missing', { place, key }, error);
    throw new Failure('archive.unreadable', { place, reason: reasonOf(error) }, error);
  }
}

/** Only folders on the way to the prefix are looked into. */
async function* listFiles(place: string, prefix: string, parent = ''): AsyncIterable<string> {
  for (const entry of await readFolder(place, parent)) {
    const key = `${parent}${entry.name}`;
    if (entry.isDirectory()) {
      const inside = `${key}/`;
      if (inside.startsWith(prefix) || prefix.startsWith(inside))
        yield* listFiles(place, prefix, inside);
    } else if (key.startsWith(prefix)) yield key;
  }
}

async function readFolder(place: string, parent: string) {
  try {
    const entries = await readdir(join(place, parent), { withFileTypes: true });
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new Failure('archive.unreadable', { place, reason: reasonOf(error) }, error);
  }
}

/** Removes the file, and the folders above it that are empty then. */
async function removeFile(place: string, key: string): Promise<void> {
  await rm(join(place, key), { force: true });
  for (let folder = dirname(key); folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(place, folder));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') continue;
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return;
      throw error;
    }
  }
}

async function sweepDrafts(place: string): Promise<void> {
  const folder = join(place, drafts);
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined);
    if (written && written.mtimeMs < Date.now() - abandonedMs) await rm(path, { force: true });
  }
}

function requireKey(key: string): string {
  if (key.split('/').every((name) => /^[\w-][\w.-]*$/.test(name))) return key;
  throw new TypeError(`"${key}" is not a key of an archive`);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function reasonOf(error: unknown): string {
  return codeOf(error) || String(error);
}
