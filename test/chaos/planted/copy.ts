import { readFileSync, writeFileSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '../../support/folder.ts';
import type { Bug, Change } from './bugs.ts';

const root = join(import.meta.dirname, '../../..');

/** What the suite and the product need to run elsewhere. */
const parts = ['package.json', 'src', 'config', 'jobs', 'workers', 'examples', 'test'];

/** A copy of the product in a temporary folder, with the bug in it; the product here is not touched. */
export async function plant({ changes }: Bug): Promise<TemporaryFolder> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await temporaryFolder());
  for (const part of parts)
    await cp(join(root, part), join(folder.path, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  for (const change of changes) apply(folder.path, change);
  opening.move();
  return folder;
}

/** Writes the change; throws where the code is not what the bug was planted for. */
function apply(folder: string, { file, find, replace }: Change): void {
  const path = join(folder, file);
  writeFileSync(path, replaceOnce(readFileSync(path, 'utf8'), { file, find, replace }));
}

/** The text with the change in it. Line breaks and indentation do not matter: the formatter moves them. */
export function replaceOnce(text: string, { file, find, replace }: Change): string {
  const pattern = new RegExp(find.trim().split(/\s+/).map(RegExp.escape).join('\\s+'), 'g');
  const times = [...text.matchAll(pattern)].length;
  if (times !== 1)
    throw new Error(`${file} has ${times} times, and not once: ${find}\nPlant the bug anew.`);
  return text.replace(pattern, () => replace);
}
