import type { Findings } from './findings.ts';

/** Undoes a Content-Transfer-Encoding; takes and gives bytes as a latin1 string. Never throws. */
export function decodeTransfer(body: string, encoding: string, findings: Findings): string {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return decodeBase64(body, findings);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    case 'x-uuencode':
    case 'uuencode':
      findings.add('a part is uuencoded and was not decoded');
      return '';
    default:
      return body;
  }
}

/** Bytes of quoted-printable text; `=` that begins no code stays as it is. */
export function decodeQuotedPrintable(body: string): string {
  if (!body.includes('=')) return body;
  return body
    .replaceAll(/=[ \t]*\r?\n/g, '')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

function decodeBase64(body: string, findings: Findings): string {
  const [letters = ''] = body.replaceAll(/\s+/g, '').split('=', 1);
  if (/[^A-Za-z0-9+/_-]/.test(letters))
    findings.add('a base64 part has characters that do not belong there');
  if (letters.length % 4 === 1) findings.add('a base64 part is cut off');
  return Buffer.from(letters, 'base64').toString('latin1');
}
