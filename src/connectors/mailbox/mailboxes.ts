import { open, opendir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Mailbox, Mailboxes, MailEntry } from '../../core/connectors.ts';
import { Failure } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { isMailFile, listEmlFolder } from './eml-folder.ts';
import { isMaildir, listMaildir } from './maildir.ts';
import { isMbox, listMbox } from './mbox.ts';

export interface MailboxesOptions {
  /** Configured names and the paths they stand for. */
  readonly named: Readonly<Record<string, string>>;
}

/**
 * Opens mailboxes by a configured name or by a path, and tells a Maildir, an mbox file and a folder
 * of .eml files apart by what is in them. A path that has a name is opened under that name, so that
 * its mails keep their identity. Fails with `mailbox.missing`, `.unreadable` or `.unrecognised`.
 */
export function openMailboxes({ named }: MailboxesOptions): Mailboxes {
  return {
    async open(nameOrPath: string): Promise<Mailbox> {
      const path = resolve(expandHome(named[nameOrPath] ?? nameOrPath));
      const name = Object.keys(named).find((known) => resolve(named[known]!) === path) ?? path;
      const list = await recognise(path).catch((error: unknown) => {
        throw explain(error, { path, asked: nameOrPath, known: Object.keys(named) });
      });
      return { name, entries: () => list(path) };
    },
  };
}

type List = (path: string) => AsyncIterable<MailEntry>;

async function recognise(path: string): Promise<List> {
  const found = await stat(path);
  if (found.isDirectory()) return recogniseFolder(path);
  if (!found.isFile())
    throw new Failure('mailbox.unrecognised', {
      path,
      reason: 'it is neither a folder nor a file',
    });
  const head = await readHead(path);
  if (head.length === 0 || isMbox(head)) return listMbox;
  throw new Failure('mailbox.unrecognised', {
    path,
    reason: isMailFile(path)
      ? 'it is a single mail, so give the folder it is in'
      : 'it does not begin with the "From " line of an mbox file',
  });
}

async function recogniseFolder(path: string): Promise<List> {
  if (await isMaildir(path)) return listMaildir;
  for await (const _ of listEmlFolder(path)) return listEmlFolder;
  const folder = await opendir(path);
  const isEmpty = (await folder.read()) === null;
  await folder.close();
  if (isEmpty) return listEmlFolder;
  throw new Failure('mailbox.unrecognised', {
    path,
    reason: 'the folder has neither cur and new in it nor any .eml file',
  });
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function explain(
  error: unknown,
  { path, asked, known }: { path: string; asked: string; known: string[] },
): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof Failure) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Failure(
      'mailbox.missing',
      { name: asked, path, suggestion: suggest(asked, known) || '.' },
      error,
    );
  return new Failure('mailbox.unreadable', { path, reason: code || String(error) }, error);
}

/** `~/` as a shell would read it: inside a JSON payload no shell does. */
function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
