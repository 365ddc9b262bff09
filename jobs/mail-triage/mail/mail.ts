import { type Address, parseAddresses } from './addresses.ts';
import { parseDate } from './date.ts';
import { decodeHeader } from './encoded-words.ts';
import { type Findings, openFindings } from './findings.ts';
import { type Headers, splitHeaders } from './headers.ts';
import { type HtmlText, readHtml } from './html.ts';
import { type Attachment, collectParts } from './parts.ts';

/** A mail as far as it could be read; `findings` says what was wrong with it. */
export interface Mail {
  readonly headers: Headers;
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  readonly from: Address;
  readonly replyTo: Address | undefined;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  /** The Message-ID of the mail that a delivery report is about, or ''. */
  readonly reportsOn: string;
  readonly subject: string;
  readonly date: Date | undefined;
  /** What a reader sees, quotes and signature included. */
  readonly text: string;
  readonly html: HtmlText | undefined;
  /** Content types of all parts, each once. */
  readonly contentTypes: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly findings: readonly string[];
}

const maxTextChars = 256 * 1024;

/** Reads the raw bytes of a mail. Never throws: a broken mail has findings and what could be read. */
export function parseMail(bytes: Uint8Array): Mail {
  const findings = openFindings();
  const raw = readRaw(bytes, findings);
  const { headers, bodyAt } = splitHeaders(raw, { from: 0, end: raw.length }, findings);
  if (headers.fields.length === 0) findings.add('the mail has no headers');
  const parts = collectParts(raw, { headers, from: bodyAt, end: raw.length }, findings);
  const html = parts.html === '' ? undefined : readHtml(parts.html.slice(0, maxTextChars));
  const date =
    parseDate(headers.get('date')) ?? parseDate(headers.get('received').split(';').at(-1) ?? '');
  if (!parseDate(headers.get('date')))
    findings.add(headers.has('date') ? 'the date cannot be read' : 'the mail has no date');
  const from = parseAddresses(headers.get('from'), findings)[0] ?? { name: '', address: '' };
  if (from.address === '') findings.add('the mail names no sender address');
  return {
    headers,
    messageId: messageIds(headers.get('message-id'))[0] ?? '',
    inReplyTo: messageIds(headers.get('in-reply-to'))[0] ?? '',
    references: messageIds(headers.get('references')),
    from,
    replyTo: parseAddresses(headers.get('reply-to'), findings)[0],
    to: parseAddresses(headers.get('to'), findings),
    cc: parseAddresses(headers.get('cc'), findings),
    reportsOn: parts.contentTypes.includes('message/delivery-status')
      ? (messageIds(/^message-id:[ \t]*(.*)$/im.exec(raw.slice(bodyAt))?.[1] ?? '')[0] ?? '')
      : '',
    subject: decodeHeader(headers.get('subject'), findings),
    date,
    text: readable(parts.text.trim() === '' ? (html?.text ?? '') : parts.text),
    html,
    contentTypes: parts.contentTypes,
    attachments: parts.attachments,
    findings: findings.list(),
  };
}

/** One character per byte; NUL bytes, which nothing behind takes, are left out. */
function readRaw(bytes: Uint8Array, findings: Findings): string {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!raw.includes('\0')) return raw;
  findings.add('the mail has NUL bytes in it');
  return raw.replaceAll('\0', '');
}

function messageIds(field: string): string[] {
  const angled = field.match(/<[^<>\s]{1,998}>/g)?.map((id) => id.slice(1, -1));
  return angled ?? field.match(/[^\s<>"]{1,500}@[^\s<>"]{1,490}/g) ?? [];
}

function readable(text: string): string {
  return text.slice(0, maxTextChars).replaceAll('\0', '').replaceAll('\r\n', '\n').toWellFormed();
}
