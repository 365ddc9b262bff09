import { styleText } from 'node:util';
import Table from 'cli-table3';

/** Rows as people read them: a heading, columns, no lines; long cells are cut to the terminal. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { wide = false }: { readonly wide?: boolean } = {},
): string {
  const table = new Table({
    head: head.map((cell) => styleText('bold', cell)),
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    wordWrap: wide,
    ...(wide && { colWidths: fitWidths(head, rows) }),
  });
  table.push(...rows.map((row) => row.map((cell) => printable(String(cell)))));
  return table.toString().replaceAll(/[ \t]+$/gm, '');
}

/** Text from mails and errors may hold control characters that would drive the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+|[\u202A-\u202E\u2066-\u2069]/gu, ' ').trim();
}

/** Every column as wide as it needs, the last one as the terminal has left. */
function fitWidths(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): number[] {
  const terminal = process.stdout.columns ?? 120;
  const natural = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => String(row[i] ?? '').length)),
  );
  const widths = natural.map((width) => Math.min(width, 48) + 2);
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width, 0);
  widths[widths.length - 1] = Math.max(
    24,
    Math.min(natural[natural.length - 1]! + 2, terminal - before),
  );
  return widths;
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
