import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { parseCheckpoint, writeCheckpoint } from './archived.ts';
import { genesis } from './chain.ts';
import { openChainCheck } from './chain-check.ts';
import {
  type Link,
  type SealedRow,
  selectCheckpoints,
  selectRange,
  selectSealed,
} from './queries/seals.ts';
import type { Checkpoint } from './signing.ts';
import type { Verification } from './verification.ts';

/** A time of the log. */
export interface ExportRange {
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A part of the log as lines of JSON, and the position after which the next begins; null after the last. */
export interface ExportPage {
  readonly lines: readonly string[];
  readonly next: number | null;
}

/**
 * A page of the sealed entries of a time: first, without `after`, the link that they follow, then entries and
 * checkpoints in order. Whoever has all lines can verify them without the database.
 */
export async function exportPage(
  sql: Sql,
  range: ExportRange,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<ExportPage> {
  const found = await selectRange(sql, range);
  if (!found || (after ?? 0) >= found.last) return { lines: [], next: null };
  const first = after === undefined ? found.first : after + 1;
  const last = Math.min(found.last, first + limit - 1);
  const lines = await exportPositions(sql, { first, last });
  return {
    lines: after === undefined ? lines : lines.slice(1),
    next: last < found.last ? last : null,
  };
}

/** The lines from one position to another, after the link that the first follows. */
export async function exportPositions(
  sql: Sql,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<string[]> {
  const lines = [line('after', await linkBefore(sql, first))];
  const checkpoints = await selectCheckpoints(sql, { from: first, upTo: last });
  const at = new Map(checkpoints.map((checkpoint) => [checkpoint.position, checkpoint]));
  const limit = last - first + 1;
  for (const { hash, ...row } of await selectSealed(sql, { after: first - 1, upTo: last, limit })) {
    lines.push(line('entry', { ...row, hash: hexOf(hash) }));
    const checkpoint = at.get(row.position);
    if (checkpoint)
      lines.push(line('checkpoint', JSON.parse(writeCheckpoint(checkpoint)) as object));
  }
  return lines;
}

async function linkBefore(sql: Sql, first: number) {
  const before = first - 1;
  const [seal] = await selectSealed(sql, { after: before - 1, upTo: before, limit: 1 });
  const [checkpoint] = await selectCheckpoints(sql, { from: before, upTo: before });
  const hash = seal?.hash ?? checkpoint?.hash ?? genesis;
  return { position: before, hash: hexOf(hash) };
}

/** Verifies exported lines by themselves. Throws `audit.export` for what is none. */
export async function verifyExport(
  lines: AsyncIterable<string>,
  trusted: readonly string[],
): Promise<Verification> {
  const { after, rows, checkpoints } = await readExport(lines);
  const check = openChainCheck(trusted);
  check.begin(checkpoints, { first: after.position + 1, after, archived: [] });
  for (const row of rows) check.look(row);
  const seen = check.end();
  return { ...seen, intact: seen.faults.length === 0, waiting: 0 };
}

interface Exported {
  readonly after: Link;
  readonly rows: SealedRow[];
  readonly checkpoints: Checkpoint[];
}

async function readExport(lines: AsyncIterable<string>): Promise<Exported> {
  let after: Link | undefined;
  const rows: SealedRow[] = [];
  const checkpoints: Checkpoint[] = [];
  let number = 0;
  for await (const text of lines) {
    number++;
    if (text.trim() === '') continue;
    const { kind, ...said } = parseLine(text, number);
    if (kind === 'after') after ??= linkOf(said as unknown as Written<Link>);
    else if (kind === 'entry') rows.push(rowOf(said as unknown as Written<SealedRow>));
    else if (kind === 'checkpoint') checkpoints.push(parseCheckpoint(JSON.stringify(said)));
    else throw new Failure('audit.export', { line: number, fault: 'is of no known kind' });
  }
  if (!after) throw new Failure('audit.export', { line: 1, fault: 'says not what it follows' });
  return { after, rows, checkpoints };
}

type Written<T> = Omit<T, 'hash'> & { readonly hash: string };

function parseLine(text: string, number: number): { kind?: string } & Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Failure('audit.export', { line: number, fault: 'is not JSON' }, error);
  }
}

function linkOf({ position, hash }: Written<Link>): Link {
  return { position, hash: Buffer.from(hash, 'hex') };
}

function rowOf({ hash, entry, ...said }: Written<SealedRow>): SealedRow {
  const dated = entry && { ...entry, at: new Date(entry.at) };
  return { ...said, hash: Buffer.from(hash, 'hex'), entry: dated };
}

function line(kind: string, said: object): string {
  return JSON.stringify({ kind, ...said });
}

function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
