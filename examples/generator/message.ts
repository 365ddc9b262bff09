import type { Charset, Encode } from './charsets.ts';
import type { Draft } from './draft.ts';
import { languages } from './languages.ts';
import {
  createAttachment,
  createMultipart,
  createText,
  encodeHeader,
  type Part,
  renderPart,
  type TextForm,
} from './mime.ts';
import { owner, type Person } from './people.ts';
import type { Random } from './random.ts';

/** What a draft is turned into a mail with. */
export interface Writing {
  readonly random: Random;
  readonly encode: Encode;
  readonly sentMs: number;
}

/** The whole mail as a string of bytes, in a charset, transfer encoding and structure that vary. */
export function writeMessage(draft: Draft, writing: Writing): string {
  const body = createBody(draft, writing);
  const headers = [
    ...tracesOf(draft, writing.random),
    ...createHeaders(draft, writing),
    'MIME-Version: 1.0',
  ];
  return renderPart({ headers: [...headers, ...body.headers], body: body.body });
}

function createHeaders(draft: Draft, { random, encode, sentMs }: Writing): string[] {
  const { charsets, zoneMinutes } = languages[draft.language];
  const charset = [random.pick(charsets), 'utf-8'] as const;
  const thread = draft.references.map((id) => `<${id}>`);
  return [
    `Date: ${formatDate(sentMs, zoneMinutes)}`,
    `From: ${formatPerson(encode, draft.sender, charset)}`,
    `To: ${formatPerson(encode, draft.recipient, charset)}`,
    `Subject: ${encodeHeader(encode, draft.subject, charset)}`,
    `Message-ID: <${draft.id}>`,
    ...(thread.length > 0
      ? [`In-Reply-To: ${thread.at(-1)}`, `References: ${thread.join('\r\n ')}`]
      : []),
    ...habitsOf(draft, random),
  ];
}

/** What the receiving server of the owner notes on mail from outside. */
function tracesOf({ category, sender }: Draft, random: Random): string[] {
  const domain = domainOf(sender);
  if (domain === domainOf(owner)) return [];
  const isTrusted = category !== 'spam' && category !== 'phishing';
  const [spf, dkim] = isTrusted ? ['pass', 'pass'] : ['fail', 'none'];
  return [
    `Return-Path: <${sender.address}>`,
    `Received: from mail.${domain} (mail.${domain} [192.0.2.${random.between(1, 254)}])\r\n\tby mx1.${domainOf(owner)} with ESMTPS`,
    `Authentication-Results: mx1.${domainOf(owner)}; spf=${spf} smtp.mailfrom=${domain};\r\n\tdkim=${dkim}; dmarc=${spf}`,
  ];
}

/** Headers that mails of a category usually carry. */
function habitsOf({ category, sender }: Draft, random: Random): string[] {
  const domain = domainOf(sender);
  if (category === 'notification') return ['Auto-Submitted: auto-generated'];
  if (category !== 'newsletter' && category !== 'marketing') return [];
  const url = `https://${domain}/u/${random.hex(12)}`;
  return [
    `List-Id: <${category === 'newsletter' ? 'letter' : 'offers'}.${domain}>`,
    `List-Unsubscribe: <${url}>, <mailto:leave@${domain}>`,
    ...(random.chance(0.7) ? ['List-Unsubscribe-Post: List-Unsubscribe=One-Click'] : []),
    'Precedence: bulk',
  ];
}

function createBody(draft: Draft, writing: Writing): Part {
  const { random } = writing;
  const text = createTextBody(draft, writing);
  const boundary = `=_${random.hex(20)}`;
  if (draft.category === 'calendar') {
    return createMultipart('alternative', boundary, [text, createAppointment(draft, writing)]);
  }
  const attachments = createAttachments(draft, random);
  return attachments.length === 0
    ? text
    : createMultipart('mixed', boundary, [text, ...attachments]);
}

/** Plain, HTML, or both. */
function createTextBody({ category, language, text }: Draft, { random, encode }: Writing): Part {
  const charsets: Charset[] = [random.pick(languages[language].charsets)];
  const transfer = random.pick<TextForm['transfer']>(['8bit', 'quoted-printable', 'base64']);
  const plain = createText(encode, text, { charsets, transfer });
  const form = random.weighted(formShares[category] ?? { plain: 1, html: 0, both: 0 });
  if (form === 'plain') return plain;
  const isLure = category === 'phishing';
  const html = createText(encode, toHtml(text, isLure), { charsets, transfer, subtype: 'html' });
  return form === 'html'
    ? html
    : createMultipart('alternative', `--=_${random.hex(16)}`, [plain, html]);
}

const formShares: Partial<Record<Draft['category'], Record<'plain' | 'html' | 'both', number>>> = {
  'to-reply': { plain: 7, html: 1, both: 2 },
  newsletter: { plain: 2, html: 3, both: 5 },
  marketing: { plain: 1, html: 6, both: 3 },
  receipt: { plain: 4, html: 3, both: 3 },
  spam: { plain: 5, html: 5, both: 0 },
  phishing: { plain: 2, html: 7, both: 1 },
};

/** A simple page of a text; in a lure the shown address is not the one the link leads to. */
function toHtml(text: string, isLure: boolean): string {
  const shown = isLure ? 'https://larkmoor-bank.test/security' : '$&';
  const paragraphs = text
    .trimEnd()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/https?:\/\/[^\s&]+(&amp;[^\s&]+)*/g, `<a href="$&">${shown}</a>`)
    .split('\n\n')
    .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br>\n')}</p>`);
  return `<!DOCTYPE html>\n<html><body>\n${paragraphs.join('\n')}\n</body></html>\n`;
}

function createAttachments({ category, id }: Draft, random: Random): Part[] {
  const name = id.slice(0, id.indexOf('.'));
  if (category === 'receipt' && random.chance(0.5)) {
    return [
      createAttachment(`invoice-${name}.pdf`, 'application/pdf', `%PDF-1.4\n% ${id}\n%%EOF\n`),
    ];
  }
  if (category !== 'to-reply' || !random.chance(0.15)) return [];
  const rows = Array.from(
    { length: random.between(2, 9) },
    (_, at) => `${at + 1},${random.between(90, 900)}`,
  );
  return [
    createAttachment(`pallets-${name}.csv`, 'text/csv', `pallet,kg\r\n${rows.join('\r\n')}\r\n`),
  ];
}

function createAppointment(draft: Draft, { random, encode, sentMs }: Writing): Part {
  const method = random.weighted({ REQUEST: 7, CANCEL: 2, REPLY: 1 });
  const startMs = sentMs - (sentMs % hourMs) + random.between(24, 24 * 14) * hourMs;
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Nightshift//Sample mail//EN',
    `METHOD:${method}`,
    'BEGIN:VEVENT',
    `UID:${draft.id}`,
    `DTSTAMP:${formatStamp(sentMs)}`,
    `DTSTART:${formatStamp(startMs)}`,
    `DTEND:${formatStamp(startMs + hourMs)}`,
    `SUMMARY:${draft.subject.replaceAll(',', '\\,')}`,
    `ORGANIZER:mailto:${draft.sender.address}`,
    `ATTENDEE:mailto:${owner.address}`,
    `STATUS:${method === 'CANCEL' ? 'CANCELLED' : 'CONFIRMED'}`,
    'END:VEVENT',
    'END:VCALENDAR\n',
  ];
  const form = { charsets: ['utf-8'], transfer: 'base64', subtype: 'calendar' } as const;
  return createText(encode, lines.join('\n'), { ...form, parameters: `; method=${method}` });
}

const hourMs = 3_600_000;

/** A UTC time as iCalendar writes it, 20261112T100000Z. */
function formatStamp(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

/** RFC 5322, in the sender's zone. */
function formatDate(ms: number, zoneMinutes: number): string {
  const local = new Date(ms + zoneMinutes * 60_000).toUTCString();
  return local.replace('GMT', `+${String((zoneMinutes / 60) * 100).padStart(4, '0')}`);
}

function formatPerson(
  encode: Encode,
  { name, address }: Person,
  charsets: readonly Charset[],
): string {
  const shown = encodeHeader(encode, name, charsets);
  return `${shown === name ? `"${name}"` : shown} <${address}>`;
}

function domainOf({ address }: Person): string {
  return address.slice(address.indexOf('@') + 1);
}
