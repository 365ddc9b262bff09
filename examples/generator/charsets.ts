/** The charsets the generated mails are written in, by their MIME names. */
export type Charset =
  | 'us-ascii'
  | 'utf-8'
  | 'iso-8859-1'
  | 'iso-8859-2'
  | 'iso-8859-15'
  | 'windows-1251'
  | 'windows-1252'
  | 'windows-1256'
  | 'koi8-r'
  | 'iso-2022-jp'
  | 'shift_jis'
  | 'gb18030'
  | 'big5';

/** Writes `text` in `charset` as a string of bytes (one character each), or undefined if the charset lacks a character. */
export type Encode = (text: string, charset: Charset) => string | undefined;

type Table = ReadonlyMap<string, string>;

/** An encoder for all charsets; Node only decodes the old ones, so their tables are decoded once and turned around. */
export function createEncoder(): Encode {
  const tables = new Map<string, Table>();
  const tableOf = (label: string): Table => {
    const known = tables.get(label) ?? invert(label);
    tables.set(label, known);
    return known;
  };
  return (text, charset) => {
    if (charset === 'utf-8') return Buffer.from(text, 'utf8').toString('latin1');
    if (charset === 'us-ascii') return isBelow(text, 0x80) ? text : undefined;
    // A TextDecoder reads iso-8859-1 as windows-1252, whose 0x80 to 0x9f the real charset has not.
    if (charset === 'iso-8859-1') return isBelow(text, 0x100) ? text : undefined;
    if (charset === 'iso-2022-jp') return encodeIso2022(text, tableOf('euc-jp'));
    return mapAll(text, tableOf(charset));
  };
}

function isBelow(text: string, limit: number): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= limit) return false;
  return true;
}

function mapAll(text: string, table: Table): string | undefined {
  let bytes = '';
  for (const character of text) {
    const mapped = character < '\x80' ? character : table.get(character);
    if (mapped === undefined) return undefined;
    bytes += mapped;
  }
  return bytes;
}

/** RFC 1468: JIS X 0208 between ESC $ B and ESC ( B, each byte that of EUC-JP without its high bit. */
function encodeIso2022(text: string, eucTable: Table): string | undefined {
  let bytes = '';
  let inKanji = false;
  for (const character of text) {
    const isAscii = character < '\x80';
    const euc = isAscii ? character : eucTable.get(character);
    if (euc === undefined) return undefined;
    if (isAscii === inKanji) bytes += isAscii ? '\x1b(B' : '\x1b$B';
    inKanji = !isAscii;
    bytes += isAscii ? euc : withoutHighBits(euc);
  }
  return inKanji ? `${bytes}\x1b(B` : bytes;
}

function withoutHighBits(pair: string): string {
  return String.fromCharCode(pair.charCodeAt(0) & 0x7f, pair.charCodeAt(1) & 0x7f);
}

const twoByteLabels = new Set(['euc-jp', 'shift_jis', 'gb18030', 'big5']);

function invert(label: string): Table {
  const decoder = new TextDecoder(label);
  const table = new Map<string, string>();
  for (const bytes of twoByteLabels.has(label) ? pairs(label) : singles()) {
    const texts = decoder.decode(Buffer.from(bytes.join('\n'), 'latin1')).split('\n');
    texts.forEach((text, at) => {
      const isUsable = text.length === 1 && text >= '\x80' && text !== '\ufffd';
      if (isUsable && !table.has(text)) table.set(text, bytes[at] as string);
    });
  }
  return table;
}

function singles(): string[][] {
  return [Array.from({ length: 128 }, (_, at) => String.fromCharCode(128 + at))];
}

/** All pairs, a row per first byte; plain Big5 begins at 0xa1, below are the Hong Kong additions. */
function* pairs(label: string): Generator<string[]> {
  const first = label === 'big5' || label === 'euc-jp' ? 0xa1 : 0x81;
  for (let lead = first; lead <= 0xfc; lead += 1) {
    const trails = Array.from({ length: 0xfe - 0x40 + 1 }, (_, at) => 0x40 + at);
    yield trails
      .filter((trail) => label !== 'euc-jp' || trail >= 0xa1)
      .map((trail) => String.fromCharCode(lead, trail));
  }
}
