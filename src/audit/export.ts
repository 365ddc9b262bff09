import { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { genesis, hexOf } from './chain.ts';
import { openChainCheck } from './chain-check.ts';
import {
  type Checkpoint,
  writtenCheckpoint,
  writtenHash,
  writtenOf,
  writtenTime,
} from './checkpoint.ts';
import {
  type Link,
  type SealedRow,
  selectCheckpoints,
  selectRange,
  selectSealed,
} from './queries/seals.ts';
import { checkSignatures } from './signatures.ts';
import type { Verification } from './verification.ts';

/** A time of the log. */
export interface ExportRange {
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A part of the log as lines of JSON, and where the next begins; null after the last. */
export interface ExportPage {
  readonly lines: readonly string[];
  readonly next: ExportPlace | null;
}

/** The position after which a page begins, and the last of the export. */
export interface ExportPlace {
  readonly after: number;
  readonly last: number;
}

/**
 * A page of the sealed entries of a time, which the first page finds. That one, without `place`, begins with the link
 * that they follow; then come entries and checkpoints in order, and last a line that says where they end. Whoever has
 * all lines can verify them without the database.
 */
export async function exportPage(
  sql: Sql,
  range: ExportRange,
  { place, limit }: { readonly place?: ExportPlace | undefined; readonly limit: number },
): Promise<ExportPage> {
  const found = place ? undefined : await selectRange(sql, range);
  const end = place?.last ?? found?.last ?? 0;
  const first = place ? place.after + 1 : (found?.first ?? 1);
  const head = place ? [] : [await exportLink(sql, first)];
  const last = Math.min(end, first + limit - 1);
  const body = first > end ? [] : await exportPositions(sql, { first, last });
  if (last < end) return { lines: [...head, ...body], next: { after: last, last: end } };
  return { lines: [...head, ...body, exportEnd(last)], next: null };
}

/** The line of the link that a position follows. */
export async function exportLink(sql: Sql, first: number): Promise<string> {
  const before = first - 1;
  const [seal] = await selectSealed(sql, { after: before - 1, upTo: before, limit: 1 });
  const [checkpoint] = await selectCheckpoints(sql, { from: before, upTo: before });
  const hash = seal?.hash ?? checkpoint?.hash ?? genesis;
  return line('after', { position: before, hash: hexOf(hash) });
}

/** The line that says which position is the last: without it nobody knows whether some are missing. */
export function exportEnd(last: number): string {
  return line('end', { position: last });
}

/** The lines from one position to another. */
export async function exportPositions(
  sql: Sql,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<string[]> {
  const lines: string[] = [];
  const checkpoints = await selectCheckpoints(sql, { from: first, upTo: last });
  const at = new Map(checkpoints.map((checkpoint) => [checkpoint.position, checkpoint]));
  const limit = last - first + 1;
  for (const { hash, ...row } of await selectSealed(sql, { after: first - 1, upTo: last, limit })) {
    lines.push(line('entry', { ...row, hash: hexOf(hash) }));
    const checkpoint = at.get(row.position);
    if (checkpoint) lines.push(line('checkpoint', writtenOf(checkpoint)));
  }
  return lines;
}

/**
 * Verifies exported lines by themselves: what no trusted signature covers could have been made up. The lines are read
 * twice, since checkpoints come after what they are of, and none but checkpoints is kept. Throws `audit.export` for what
 * is no such line.
 */
export async function verifyExport(
  read: () => AsyncIterable<string>,
  trusted: readonly string[],
): Promise<Verification> {
  const { after, checkpoints, entries, end } = await readFrame(read());
  const signatures = await checkSignatures(checkpoints, trusted);
  const check = openChainCheck({ first: after.position + 1, after, checkpoints });
  for await (const line of parseLines(read())) if (line.kind === 'entry') check.look(line);
  const looked = check.end();
  if (looked.entries !== entries)
    throw new Failure('audit.export', { line: 1, fault: 'was another when it was read again' });
  const bare = signatures.signed === 0 && entries > 0;
  const isWhole = end === (looked.last ?? after.position);
  const faults = [
    ...looked.faults,
    ...signatures.faults,
    ...(bare ? [{ position: null, says: 'no signature that is trusted covers any of it' }] : []),
    ...(isWhole ? [] : [{ position: null, says: cutOff }]),
  ];
  return {
    ...looked,
    ...signatures,
    checkpoints: checkpoints.length,
    waiting: 0,
    faults,
    intact: faults.length === 0,
  };
}

const cutOff = 'it does not end where its last line says, or has no such line: it was cut off';

/** What the entries of an export hang in. */
interface Frame {
  readonly after: Link;
  readonly checkpoints: readonly Checkpoint[];
  /** How many they are. */
  readonly entries: number;
  /** The last position, as the last line says; undefined where that is missing. */
  readonly end: number | undefined;
}

async function readFrame(lines: AsyncIterable<string>): Promise<Frame> {
  let after: Link | undefined;
  const checkpoints: Checkpoint[] = [];
  let entries = 0;
  let end: number | undefined;
  for await (const line of parseLines(lines)) {
    if (line.kind === 'end') end = line.position;
    if (line.kind === 'after') after ??= line;
    if (line.kind === 'checkpoint') checkpoints.push(line);
    if (line.kind === 'entry') entries++;
  }
  if (!after) throw new Failure('audit.export', { line: 1, fault: 'says not what it follows' });
  return { after, checkpoints, entries, end };
}

const position = z.int().min(0);
const entry = z.looseObject({
  id: z.int(),
  at: writtenTime,
  ids: z.array(z.string()),
});
const written = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('after'), position, hash: writtenHash }),
  z.object({ kind: z.literal('end'), position }),
  z.object({
    kind: z.literal('entry'),
    position,
    hash: writtenHash,
    sealed: z.int(),
    entry: entry.nullable(),
  }),
  writtenCheckpoint.extend({ kind: z.literal('checkpoint') }),
]);

type Line = Exclude<z.output<typeof written>, { kind: 'entry' }> | ({ kind: 'entry' } & SealedRow);

async function* parseLines(lines: AsyncIterable<string>): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of lines) {
    number++;
    if (text.trim() !== '') yield parseLine(text, number);
  }
}

function parseLine(text: string, number: number): Line {
  try {
    return written.parse(JSON.parse(text)) as Line;
  } catch (error) {
    const fault = error instanceof SyntaxError ? 'is not JSON' : 'is no line of an export';
    throw new Failure('audit.export', { line: number, fault }, error);
  }
}

function line(kind: string, said: object): string {
  return JSON.stringify({ kind, ...said });
}
