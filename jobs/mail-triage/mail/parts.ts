import { decodeText } from './charset.ts';
import { decodeHeader } from './encoded-words.ts';
import type { Findings } from './findings.ts';
import { type Headers, parseParameters, splitHeaders } from './headers.ts';
import { decodeTransfer } from './transfer.ts';

export interface Attachment {
  readonly name: string;
  readonly type: string;
  /** Bytes as they stand in the mail, still encoded. */
  readonly size: number;
}

/** What the parts of a mail hold, in order. */
export interface Parts {
  readonly text: string;
  readonly html: string;
  readonly calendar: string;
  readonly contentTypes: readonly string[];
  readonly attachments: readonly Attachment[];
}

interface Part {
  readonly headers: Headers;
  readonly from: number;
  readonly end: number;
}

const maxDepth = 20;
const maxParts = 500;

/** Walks the MIME tree of a mail without recursion beyond 20 levels or 500 parts. */
export function collectParts(raw: string, part: Part, findings: Findings): Parts {
  const texts: string[] = [];
  const htmls: string[] = [];
  const calendars: string[] = [];
  const attachments: Attachment[] = [];
  const contentTypes = new Set<string>();
  let seen = 0;

  function walk(part: Part, depth: number): void {
    if (++seen > maxParts)
      return findings.add(`more than ${maxParts} parts; the rest was not read`);
    if (depth > maxDepth)
      return findings.add(`nested deeper than ${maxDepth} levels; what is below was not read`);
    const { value, parameters } = parseParameters(part.headers.get('content-type'));
    const type = value.includes('/') ? value : 'text/plain';
    contentTypes.add(type);
    const boundary = parameters.get('boundary') ?? '';
    if (type.startsWith('multipart/') && boundary !== '') {
      for (const child of splitMultipart(raw, { ...part, boundary }, findings))
        walk(child, depth + 1);
      return;
    }
    if (type.startsWith('multipart/'))
      findings.add('a multipart names no boundary; it was read as text');
    if (type === 'message/rfc822') {
      attachments.push(describeAttachment(part, type, findings));
      walk({ ...inner(raw, part, findings), end: part.end }, depth + 1);
      return;
    }
    readLeaf(part, { type, charset: parameters.get('charset') ?? '' });
  }

  function readLeaf(part: Part, { type, charset }: { type: string; charset: string }): void {
    const disposition = part.headers.get('content-disposition').toLowerCase();
    const isText = type.startsWith('text/') || type.startsWith('multipart/');
    const isCalendar = type === 'text/calendar' || type === 'application/ics';
    if (!isCalendar && (disposition.startsWith('attachment') || !isText)) {
      attachments.push(describeAttachment(part, type, findings));
      return;
    }
    const encoding = part.headers.get('content-transfer-encoding');
    const text = decodeText(
      decodeTransfer(raw.slice(part.from, part.end), encoding, findings),
      charset,
      findings,
    );
    (isCalendar ? calendars : type === 'text/html' ? htmls : texts).push(text);
  }

  walk(part, 0);
  return {
    text: texts.join('\n'),
    html: htmls.join('\n'),
    calendar: calendars.join('\n'),
    contentTypes: [...contentTypes],
    attachments,
  };
}

function splitMultipart(
  raw: string,
  { boundary, from, end }: Part & { boundary: string },
  findings: Findings,
): Part[] {
  const parts: Part[] = [];
  const delimiter = `--${boundary}`;
  let open = findDelimiter(raw, { delimiter, from, end });
  if (open < 0) {
    findings.add('the boundary of a multipart never comes; it was read as text');
    return [{ headers: splitHeaders('', { from: 0, end: 0 }, findings).headers, from, end }];
  }
  while (open >= 0 && parts.length < maxParts) {
    const lineEnd = raw.indexOf('\n', open);
    if (raw.startsWith('--', open + delimiter.length) || lineEnd < 0 || lineEnd >= end)
      return parts;
    const next = findDelimiter(raw, { delimiter, from: lineEnd, end });
    if (next < 0)
      findings.add('the last boundary of a multipart is missing; the mail may be cut off');
    const partEnd = next < 0 ? end : next;
    parts.push(inner(raw, { from: lineEnd + 1, end: partEnd }, findings));
    open = next;
  }
  return parts;
}

function findDelimiter(
  raw: string,
  { delimiter, from, end }: { delimiter: string; from: number; end: number },
): number {
  for (
    let at = raw.indexOf(delimiter, from);
    at >= 0 && at < end;
    at = raw.indexOf(delimiter, at + 1)
  )
    if (at === 0 || raw[at - 1] === '\n') return at;
  return -1;
}

function inner(
  raw: string,
  { from, end }: { from: number; end: number },
  findings: Findings,
): Part {
  const { headers, bodyAt } = splitHeaders(raw, { from, end }, findings);
  return { headers, from: bodyAt, end };
}

function describeAttachment(
  { headers, from, end }: Part,
  type: string,
  findings: Findings,
): Attachment {
  const name =
    parseParameters(headers.get('content-disposition')).parameters.get('filename') ??
    parseParameters(headers.get('content-type')).parameters.get('name') ??
    '';
  return { name: decodeHeader(name, findings), type, size: end - from };
}
