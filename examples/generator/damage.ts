import type { Random } from './random.ts';

/**
 * Damages a mail (a string of bytes) in one of the ways seen in real mailboxes.
 * Its Message-ID stays readable, so that a broken mail can be counted too.
 */
export function damageMessage(message: string, random: Random): string {
  return random.pick(damages)(message, random);
}

type Damage = (message: string, random: Random) => string;

const damages: readonly Damage[] = [
  nameUnknownCharset,
  loseBoundary,
  scatterNuls,
  cutBody,
  writeNonsenseDate,
  addHugeHeader,
  mixLineEnds,
  leaveHeadersRaw,
  breakEscapes,
];

function nameUnknownCharset(message: string): string {
  return message.replaceAll(/charset=[\w-]+/g, 'charset="x-warehouse-850"');
}

/** A multipart whose header names no boundary. */
function loseBoundary(message: string, random: Random): string {
  const [headers, body] = splitMessage(message);
  const kept = headers.replace(/^Content-[^\r\n]*(\r\n[ \t][^\r\n]*)*\r\n?/gim, '');
  const boundary = random.hex(8);
  return `${kept.trimEnd()}\r\nContent-Type: multipart/mixed\r\n\r\n--${boundary}\r\n\r\n${body}--${boundary}--\r\n`;
}

function scatterNuls(message: string, random: Random): string {
  const [headers, body] = splitMessage(message);
  const at = random.between(0, body.length);
  const subject = headers.replace(/^Subject: .{3}/m, '$&\0');
  return `${subject}\r\n\r\n${body.slice(0, at)}\0\0\0${body.slice(at)}`;
}

function cutBody(message: string, random: Random): string {
  const [headers, body] = splitMessage(message);
  return `${headers}\r\n\r\n${body.slice(0, random.between(0, body.length - 1))}`;
}

function writeNonsenseDate(message: string): string {
  return message.replace(/^Date: .*$/m, 'Date: Thursday, 45 Octember 2026 27:61:99 +9900');
}

function addHugeHeader(message: string, random: Random): string {
  const trace = random.hex(22_000);
  return `X-Trace: ${trace}\r\n${message}`;
}

/** Bare LF and bare CR in the body, bare LF in the headers. */
function mixLineEnds(message: string): string {
  const [headers, body] = splitMessage(message);
  let line = 0;
  const ends = ['\r\n', '\n', '\r'];
  const mixed = body.replaceAll('\r\n', () => ends[line++ % 3] as string);
  return `${headers.replaceAll('\r\n', '\n')}\n\n${mixed}`;
}

/** Unencoded 8-bit bytes where only ASCII may stand. */
function leaveHeadersRaw(message: string): string {
  return message.replace(/^Subject: /m, 'Subject: R\xfcckfrage \xfcber Ma\xdfe: ');
}

function breakEscapes(message: string): string {
  const [headers, body] = splitMessage(message);
  const subject = headers.replace(
    /^Subject: /m,
    'Subject: =?utf-9?X?broken?= =?utf-8?Q?=ZZ_=C3?= ',
  );
  return `${subject}\r\n\r\n${body}=GG =C3=28 =E2=82=`;
}

function splitMessage(message: string): [headers: string, body: string] {
  const at = message.indexOf('\r\n\r\n');
  return [message.slice(0, at), message.slice(at + 4)];
}
