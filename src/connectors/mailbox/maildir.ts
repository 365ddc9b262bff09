import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailEntry } from '../../core/connectors.ts';
import { findMailFile } from './mail-file.ts';

/** True for a folder that has `cur` or `new`, or whose Maildir++ subfolders have. */
export async function isMaildir(path: string): Promise<boolean> {
  return (await findMaildirs(path)).length > 0;
}

/**
 * The mails of a Maildir and of its Maildir++ subfolders (`.Sent`), by unique name, which begins with
 * the second of delivery. The id is that name without its flags: it stays when a mail is read, flagged
 * or moved to another folder, and a copy in two folders is one mail.
 */
export async function* listMaildir(path: string): AsyncGenerator<MailEntry> {
  const files: { id: string; path: string }[] = [];
  for (const maildir of await findMaildirs(path)) {
    for (const part of ['cur', 'new']) {
      const folder = join(maildir, part);
      for (const name of await readdir(folder).catch((): string[] => []))
        if (!name.startsWith('.'))
          files.push({ id: name.replace(/:[12],.*$/, ''), path: join(folder, name) });
    }
  }
  files.sort((a, b) => seconds(a.id) - seconds(b.id) || (a.id < b.id ? -1 : 1));
  for (const { id, path } of files) {
    const mail = await findMailFile(path, id);
    if (mail) yield mail;
  }
}

async function findMaildirs(path: string): Promise<string[]> {
  const names = await readdir(path);
  const maildirs = names.includes('cur') || names.includes('new') ? [path] : [];
  for (const name of names.filter((name) => /^\.[^.]/.test(name)).sort()) {
    const inside = await readdir(join(path, name)).catch((): string[] => []);
    if (inside.includes('cur') || inside.includes('new')) maildirs.push(join(path, name));
  }
  return maildirs;
}

function seconds(uniqueName: string): number {
  return Number.parseInt(uniqueName, 10) || 0;
}
