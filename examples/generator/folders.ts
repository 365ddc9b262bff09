import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A mail as a file. */
export interface MailFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The forms a mailbox can be written in. */
export const formats = ['eml', 'mbox', 'maildir'] as const;

/** One of the forms a mailbox can be written in. */
export type Format = (typeof formats)[number];

/** Writes all mails into `folder` and returns their number; the folder is made if it is not there. */
export function writeMails(mails: Iterable<MailFile>, folder: string, format: Format): number {
  mkdirSync(folder, { recursive: true });
  if (format === 'mbox') return writeMbox(mails, join(folder, 'mailbox.mbox'));
  return format === 'maildir' ? writeMaildir(mails, folder) : writeFiles(mails, folder);
}

/** True when there is nothing in `folder`, or no such folder. */
export function isEmptyFolder(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

function writeFiles(mails: Iterable<MailFile>, folder: string): number {
  let count = 0;
  for (const { name, bytes } of mails) {
    writeFileSync(join(folder, name), bytes);
    count += 1;
  }
  return count;
}

/** Every fourth mail is new, the others have been seen (flag S). */
function writeMaildir(mails: Iterable<MailFile>, folder: string): number {
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(folder, part), { recursive: true });
  let count = 0;
  for (const { name, bytes } of mails) {
    const unique = name.replace(/\.eml$/, '.generated');
    const place = count % 4 === 3 ? join('new', unique) : join('cur', `${unique}:2,S`);
    writeFileSync(join(folder, place), bytes);
    count += 1;
  }
  return count;
}

/** The variant mboxrd: a line that begins with "From ", after any number of ">", gets one ">" more. */
function writeMbox(mails: Iterable<MailFile>, path: string): number {
  const file = openSync(path, 'w');
  let count = 0;
  try {
    for (const { bytes } of mails) {
      const quoted = Buffer.from(bytes)
        .toString('latin1')
        .replaceAll(/^>*From /gm, '>$&');
      const end = quoted.endsWith('\n') ? '\n' : '\n\n';
      writeSync(
        file,
        `From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n${quoted}${end}`,
        null,
        'latin1',
      );
      count += 1;
    }
  } finally {
    closeSync(file);
  }
  return count;
}
