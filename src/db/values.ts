import pg from 'pg';

/** Turns the text of a column into a value. */
export type ColumnParser = (text: string) => unknown;

/**
 * How a column of type `oid` is read, on both databases: as node-postgres reads it, but int8 as a number
 * (exact up to 2^53), interval as its text, and date and timestamp too, since neither says which moment it is.
 */
export function columnParser(oid: number): ColumnParser {
  return ours.get(oid) ?? parserOf(oid);
}

/**
 * What node-postgres sends for `value`. PGlite would look at the parameter's type instead, and so take
 * statements that fail on Postgres.
 */
export function toParameter(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return toArrayLiteral(value);
  return typeof value === 'object' ? JSON.stringify(value) : (value as Scalar).toString();
}

type Scalar = string | number | bigint | boolean;

function toArrayLiteral(items: readonly unknown[]): string {
  return `{${items.map(toArrayItem).join(',')}}`;
}

function toArrayItem(item: unknown): string {
  if (item === null || item === undefined) return 'NULL';
  if (Array.isArray(item)) return toArrayLiteral(item);
  if (item instanceof Uint8Array) return `"\\\\x${Buffer.from(item).toString('hex')}"`;
  const text = toParameter(item) as string;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The parameter of an array of ids or numbers, as text: node-postgres takes six times as long to write one. */
export function arrayOf(items: readonly (string | number)[]): string {
  return `{${items.join(',')}}`;
}

/** Typed for a list of known types, though it takes any. */
const parserOf = pg.types.getTypeParser as (oid: number) => ColumnParser;
const asText: ColumnParser = (text) => text;
const parseTexts = parserOf(1009) as (text: string) => (string | null)[];
const parseNumbers: ColumnParser = (text) =>
  parseTexts(text).map((item) => (item === null ? null : Number(item)));

const ours = new Map<number, ColumnParser>([
  [20, Number], // int8
  [1016, parseNumbers], // int8[]
  [1082, asText], // date
  [1182, parseTexts], // date[]
  [1114, asText], // timestamp
  [1115, parseTexts], // timestamp[]
  [1186, asText], // interval
  [1187, parseTexts], // interval[]
  [1231, parseTexts], // numeric[], which node-postgres reads as floats though it keeps numeric as text
]);
