import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { listCodeBlocks, readText, root } from './pages.ts';

/** A house beside ours that has what a page shows, and our own `src`. */
export interface PageHouse extends AsyncDisposable {
  /** The files that the page shows, by the path in their first line. */
  readonly files: readonly string[];
  /** The file as this machine has it. */
  locate(file: string): string;
  /** What the compiler says about the files, nothing when it is content. */
  check(): Promise<string>;
}

/** Writes every titled block of a page to the place that its title names. */
export async function buildHouse(page: string): Promise<PageHouse> {
  await mkdir(join(root, 'tmp'), { recursive: true });
  const house = await mkdtemp(join(root, 'tmp/page-'));
  const blocks = listCodeBlocks(readText(page)).filter(({ title }) => title !== undefined);
  const ours = blocks.some(({ title }) => title!.startsWith('jobs/')) ? [] : ['jobs'];
  for (const name of ['src', 'package.json', ...ours])
    await symlink(join(root, name), join(house, name));
  for (const { title, code } of blocks) {
    await mkdir(dirname(join(house, title!)), { recursive: true });
    await writeFile(join(house, title!), code);
  }
  await writeFile(
    join(house, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['jobs', 'test', 'config'] }),
  );
  return {
    files: blocks.map(({ title }) => title!),
    locate: (file) => join(house, file),
    check: () => compile(house),
    [Symbol.asyncDispose]: () => rm(house, { recursive: true, force: true }),
  };
}

async function compile(folder: string): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const run = promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false']);
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
}
