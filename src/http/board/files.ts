import { readdir } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';

/** A file of Bull Board's page. */
export interface BoardFile {
  readonly path: string;
  readonly type: string;
}

/** The files below `static` in the folder, by their paths in it: nothing else of the disk can be asked for. */
export async function findFiles(folder: string): Promise<ReadonlyMap<string, BoardFile>> {
  const entries = await readdir(join(folder, 'static'), { recursive: true, withFileTypes: true });
  const files = entries.flatMap((entry): [string, BoardFile][] => {
    const path = join(entry.parentPath, entry.name);
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) return [];
    return [[`/${relative(folder, path).replaceAll('\\', '/')}`, { path, type }]];
  });
  return new Map(files);
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
