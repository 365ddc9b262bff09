import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { MailEntry } from '../../core/connectors.ts';
import { Failure } from '../../core/errors.ts';
import { readBytes } from './mail-file.ts';

const windowBytes = 1 << 20;
/** What of a mail is looked at to name it and to find its Content-Length. */
const headBytes = 1 << 16;
const envelopeBytes = 512;
/** Headers that mail programs rewrite in place; they are no part of a mail's identity. */
const rewritten =
  /^(?:status|x-status|x-keywords|x-uid|x-imap|x-imapbase|content-length|lines):.*\r?\n(?:[ \t].*\r?\n)*/gim;

/** True when a file begins with the envelope line of an mbox. */
export function isMbox(head: Buffer): boolean {
  return isEnvelope(head.toString('latin1', 0, envelopeBytes));
}

/**
 * The mails of an mbox file, in its order, one window of the file in memory. A mail begins at a `From `
 * line with a time and a year in it; a Content-Length that lands on such a line is believed (mboxcl).
 * `>From ` is unquoted on reading (mboxrd, mboxo). The id is a hash of the first 64 KB without the
 * headers that mail programs rewrite.
 */
export async function* listMbox(path: string): AsyncGenerator<MailEntry> {
  const file = await open(path);
  try {
    const view = openWindow(file);
    const { size } = await file.stat();
    for (let start = 0; start < size; ) {
      // A copy: looking for the end moves the window.
      const head = Buffer.from(await view(start, headBytes));
      const headers = measureHeaders(head);
      const end =
        (await findDeclaredEnd(view, { start, size, headers })) ??
        (await findEnd(view, start + 5, size));
      yield describeMail(path, { start, end, head });
      start = end;
    }
  } finally {
    await file.close();
  }
}

type View = (from: number, length: number) => Promise<Buffer>;

function openWindow(file: FileHandle): View {
  const window = Buffer.allocUnsafe(windowBytes);
  let at = 0;
  let held = 0;
  return async (from, length) => {
    // A window that was not filled ends where the file does: there is nothing more to read.
    const mayHaveMore = held === windowBytes || held === 0;
    if (from < at || from > at + held || (mayHaveMore && from + length > at + held)) {
      at = from;
      held = (await file.read(window, 0, windowBytes, from)).bytesRead;
    }
    return window.subarray(from - at, Math.min(from - at + length, held));
  };
}

interface MeasuredHeaders {
  readonly length: number;
  readonly contentLength: number | undefined;
}

function measureHeaders(head: Buffer): MeasuredHeaders {
  const unix = head.indexOf('\n\n');
  const dos = head.indexOf('\r\n\r\n');
  const length =
    dos >= 0 && (unix < 0 || dos < unix) ? dos + 4 : unix >= 0 ? unix + 2 : head.length;
  const declared = /^content-length:[ \t]*(\d+)/im.exec(head.toString('latin1', 0, length));
  return { length, contentLength: declared ? Number(declared[1]) : undefined };
}

async function findDeclaredEnd(
  view: View,
  { start, size, headers }: { start: number; size: number; headers: MeasuredHeaders },
): Promise<number | undefined> {
  if (headers.contentLength === undefined) return undefined;
  const bodyEnd = start + headers.length + headers.contentLength;
  if (bodyEnd >= size) return bodyEnd === size ? size : undefined;
  const after = (await view(bodyEnd, envelopeBytes)).toString('latin1');
  const skipped = /^(?:\r?\n)*/.exec(after)![0].length;
  if (bodyEnd + skipped >= size) return size;
  return isEnvelope(after.slice(skipped)) ? bodyEnd + skipped : undefined;
}

async function findEnd(view: View, from: number, size: number): Promise<number> {
  let position = from;
  while (position < size) {
    const chunk = await view(position, windowBytes / 4);
    const at = chunk.indexOf('\nFrom ');
    if (at < 0) {
      if (position + chunk.length >= size) return size;
      // The five bytes kept may be the beginning of a separator.
      position += chunk.length - 5;
      continue;
    }
    position += at + 1;
    if (isEnvelope((await view(position, envelopeBytes)).toString('latin1'))) return position;
  }
  return size;
}

function isEnvelope(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  return (
    line.startsWith('From ') && /\b\d{1,2}:\d{2}\b/.test(line) && /\b(?:19|20)\d{2}\b/.test(line)
  );
}

function describeMail(
  path: string,
  { start, end, head }: { start: number; end: number; head: Buffer },
): MailEntry {
  const own = head.subarray(0, Math.min(head.length, end - start));
  const envelope = own.indexOf('\n') + 1;
  const id = createHash('sha256')
    .update(own.toString('latin1', envelope).replace(rewritten, ''), 'latin1')
    .digest('hex')
    .slice(0, 32);
  const size = end - start - envelope;
  return {
    id,
    size,
    async read(maxBytes = size) {
      const bytes = await readBytes(path, {
        id,
        from: start,
        length: envelope + Math.min(size, maxBytes),
      });
      if (!isEnvelope(bytes.toString('latin1', 0, envelopeBytes)))
        throw new Failure('mail.gone', { id });
      return unquote(bytes.subarray(envelope));
    },
  };
}

function unquote(bytes: Buffer): Buffer {
  if (!bytes.includes('>From ')) return bytes;
  return Buffer.from(bytes.toString('latin1').replaceAll(/^>(>*From )/gm, '$1'), 'latin1');
}
