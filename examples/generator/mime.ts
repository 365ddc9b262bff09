import type { Charset, Encode } from './charsets.ts';

/** One MIME part: its header lines, and its body as a string of bytes (one character each). */
export interface Part {
  readonly headers: readonly string[];
  readonly body: string;
}

/** How a text is to be written: the charsets in order of preference, and how its bytes travel. */
export interface TextForm {
  readonly charsets: readonly Charset[];
  readonly transfer: '8bit' | 'quoted-printable' | 'base64';
  readonly subtype?: string;
  readonly parameters?: string;
}

/** A text part in the first charset that holds the text, us-ascii before all; utf-8 holds any text. */
export function createText(encode: Encode, text: string, form: TextForm): Part {
  const { charset, bytes } = encodeFirst(encode, text, ['us-ascii', ...form.charsets]);
  const isSevenBit = charset === 'us-ascii' || charset === 'iso-2022-jp';
  const transfer = isSevenBit && form.transfer !== 'base64' ? '7bit' : form.transfer;
  const lines = bytes.replaceAll('\n', '\r\n');
  return {
    headers: [
      `Content-Type: text/${form.subtype ?? 'plain'}; charset=${charset}${form.parameters ?? ''}`,
      `Content-Transfer-Encoding: ${transfer}`,
    ],
    body: transferBytes(lines, transfer),
  };
}

/** A multipart of `parts`; the boundary must not occur in them. */
export function createMultipart(kind: string, boundary: string, parts: readonly Part[]): Part {
  const inner = parts.map((part) => `--${boundary}\r\n${renderPart(part)}\r\n`).join('');
  return {
    headers: [`Content-Type: multipart/${kind}; boundary="${boundary}"`],
    body: `${inner}--${boundary}--\r\n`,
  };
}

/** An attached file; `content` is a string of bytes. */
export function createAttachment(name: string, type: string, content: string): Part {
  return {
    headers: [
      `Content-Type: ${type}; name="${name}"`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${name}"`,
    ],
    body: transferBytes(content, 'base64'),
  };
}

/** A header's text, in RFC 2047 words of one charset where it is not ASCII. */
export function encodeHeader(encode: Encode, text: string, charsets: readonly Charset[]): string {
  if (encode(text, 'us-ascii') !== undefined) return text;
  const { charset } = encodeFirst(encode, text, charsets);
  return splitText(text, 14)
    .map((piece) => encode(piece, charset) ?? '')
    .map((bytes) => `=?${charset}?B?${btoa(bytes)}?=`)
    .join('\r\n ');
}

/** Headers, an empty line and the body, as a string of bytes. */
export function renderPart({ headers, body }: Part): string {
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

function encodeFirst(
  encode: Encode,
  text: string,
  charsets: readonly Charset[],
): { charset: Charset; bytes: string } {
  for (const charset of charsets) {
    const bytes = encode(text, charset);
    if (bytes !== undefined) return { charset, bytes };
  }
  return { charset: 'utf-8', bytes: encode(text, 'utf-8') ?? '' };
}

function transferBytes(bytes: string, transfer: string): string {
  if (transfer === 'base64') return btoa(bytes).replaceAll(/.{1,76}/g, '$&\r\n');
  return transfer === 'quoted-printable' ? quotePrintable(bytes) : bytes;
}

function quotePrintable(bytes: string): string {
  const escaped = bytes.replaceAll(/[^\t\r\n -<>-~]|[\t ](?=\r\n|$)/g, (byte) => {
    return `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return escaped.split('\r\n').map(foldQuoted).join('\r\n');
}

/** Lines of at most 76 characters, none of them cut inside an escape. */
function foldQuoted(line: string): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > 76) {
    const escape = rest.lastIndexOf('=', 74);
    const cut = escape > 72 ? escape : 75;
    lines.push(`${rest.slice(0, cut)}=`);
    rest = rest.slice(cut);
  }
  return [...lines, rest].join('\r\n');
}

function splitText(text: string, length: number): string[] {
  const characters = Array.from(text);
  const count = Math.ceil(characters.length / length);
  return Array.from({ length: count }, (_, at) =>
    characters.slice(at * length, (at + 1) * length).join(''),
  );
}
