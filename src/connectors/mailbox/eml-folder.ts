import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailEntry } from '../../core/connectors.ts';
import { findMailFile } from './mail-file.ts';

/** True for a name that ends as a mail saved on its own does. */
export function isMailFile(name: string): boolean {
  return /\.eml$/i.test(name);
}

/**
 * The .eml files of a folder and of the folders in it, by name; links are followed, each real folder
 * is entered once. The id is the path inside the folder: a renamed file is a new mail.
 */
export async function* listEmlFolder(root: string): AsyncGenerator<MailEntry> {
  yield* listFolder(root, { prefix: '', entered: new Set() });
}

async function* listFolder(
  folder: string,
  { prefix, entered }: { prefix: string; entered: Set<string> },
): AsyncGenerator<MailEntry> {
  // The top folder's faults are the mailbox's; one inside it that cannot be read is passed over.
  const { dev, ino } = await stat(folder);
  if (entered.has(`${dev}:${ino}`)) return;
  entered.add(`${dev}:${ino}`);
  const names =
    prefix === '' ? await readdir(folder) : await readdir(folder).catch((): string[] => []);
  for (const name of names.sort()) {
    const path = join(folder, name);
    const id = prefix + name;
    if (isMailFile(name)) {
      const mail = await findMailFile(path, id);
      if (mail) yield mail;
    } else if ((await stat(path).catch(() => undefined))?.isDirectory()) {
      yield* listFolder(path, { prefix: `${id}/`, entered });
    }
  }
}
