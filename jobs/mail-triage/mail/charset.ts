import { isUtf8 } from 'node:buffer';
import type { Findings } from './findings.ts';

/**
 * Text of bytes that are given as a latin1 string. A charset that is missing, unknown or untrue gives
 * UTF-8 where the bytes are that, else Windows-1252, and a finding. Never throws.
 */
export function decodeText(latin1: string, charset: string, findings: Findings): string {
  const label = charset
    .trim()
    .toLowerCase()
    .replaceAll(/^["']|["']$/g, '');
  if (isAscii(latin1) && !/^(?:iso-2022|hz|utf-?7|utf-?16|utf-?32|unicode-1-1-utf-7)/.test(label))
    return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  if (/^(?:utf-?7|unicode-1-1-utf-7)$/.test(label)) return decodeUtf7(latin1);
  if (label === '' || label === 'us-ascii' || label === 'ascii') return decodeUndeclared(bytes);
  if (/^utf-?8$/.test(label) && !isUtf8(bytes)) {
    findings.add('the text says it is UTF-8 but is not; it was read as Windows-1252 where needed');
    return new TextDecoder('windows-1252').decode(bytes);
  }
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    findings.add(`the charset "${label.slice(0, 40)}" is not known; the most likely one was taken`);
    return decodeUndeclared(bytes);
  }
}

function isAscii(latin1: string): boolean {
  return !/[\x80-\xff]/.test(latin1);
}

function decodeUndeclared(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : new TextDecoder('windows-1252').decode(bytes);
}

function decodeUtf7(latin1: string): string {
  return latin1.replaceAll(/\+([A-Za-z0-9+/]*)-?/g, (_, base64: string) =>
    base64 === '' ? '+' : decodeUtf16(Buffer.from(base64, 'base64')),
  );
}

function decodeUtf16(bigEndian: Buffer): string {
  return new TextDecoder('utf-16be').decode(bigEndian);
}
