import { decodeText } from './charset.ts';
import type { Findings } from './findings.ts';
import { decodeQuotedPrintable } from './transfer.ts';

const encodedWord = /=\?([^?\s]{1,64})\?([bq])\?([^?]*)\?=/gi;

/** A header value as people read it: RFC 2047 words decoded, raw 8-bit text too. Never throws. */
export function decodeHeader(value: string, findings: Findings): string {
  if (!value.includes('=?')) return clean(decodeText(value, '', findings));
  // Neighbours of one charset are joined first: some programs cut inside a character.
  const joined = value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?([^?]+)\?(q)\?([^?]*)\?==\?\1\?q\?/gi, '=?$1?$2?$3');
  let text = '';
  let at = 0;
  for (const match of joined.matchAll(encodedWord)) {
    text += decodeText(joined.slice(at, match.index), '', findings);
    text += decodeWord(match, findings);
    at = match.index + match[0].length;
  }
  return clean(text + decodeText(joined.slice(at), '', findings));
}

function decodeWord([, charset, encoding, content]: RegExpExecArray, findings: Findings): string {
  const [label = ''] = charset!.split('*', 1);
  const bytes =
    encoding!.toLowerCase() === 'b'
      ? Buffer.from(content!, 'base64').toString('latin1')
      : decodeQuotedPrintable(content!.replaceAll('_', ' '));
  return decodeText(bytes, label, findings);
}

function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replaceAll(/[\x00-\x1f\x7f]+/g, ' ').trim();
}
