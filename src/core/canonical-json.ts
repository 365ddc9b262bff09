/**
 * The same text for payloads that are the same: whatever the order of their keys, and however a number was
 * written. It is not JSON, since a number is its eight bytes in hex, which `nightshift.canonical_json` can say
 * in the same way. Takes what JSON can say and Postgres takes, so no lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'number') return bytesOf(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${pairs.join(',')}}`;
}

function bytesOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

/** As their UTF-8 compares, which is how Postgres sorts; by UTF-16 a surrogate would come too early. */
function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++)
    if (a[i] !== b[i]) return rankOf(a.charCodeAt(i)) - rankOf(b.charCodeAt(i));
  return a.length - b.length;
}

function rankOf(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
