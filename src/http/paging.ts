import { z } from 'zod';
import { writeCursor } from '../core/cursor.ts';
import { Failure } from '../core/errors.ts';

/** The query of a list: how many, and where the page before ended. */
export function pageFields(usual: number, most = 1000) {
  return {
    limit: z.coerce.number().int().min(1).max(most).default(usual).describe('How many at most.'),
    cursor: z
      .string()
      .max(1000)
      .optional()
      .describe('The `cursor` of the page before, of the same list.'),
  };
}

/** The place that `writeCursor` wrote for `list`, in which `pattern` fits; throws `cursor.invalid` for anything else. */
export function readCursor(
  list: string,
  cursor: string | undefined,
  pattern: RegExp,
): string | undefined {
  if (cursor === undefined) return undefined;
  const read = z.tuple([z.literal(list), z.string().regex(pattern)]).safeParse(parse(cursor));
  if (!read.success) throw new Failure('cursor.invalid', { name: 'cursor', list });
  return read.data[1];
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The page of one row more than `limit` that were read, and the cursor of the next one if there is one. */
export function pageOf<Row>(
  list: string,
  { rows, limit, placeOf }: { rows: readonly Row[]; limit: number; placeOf(row: Row): string },
): { readonly page: Row[]; readonly next: { readonly cursor?: string } } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { page, next: hasMore ? { cursor: writeCursor(list, placeOf(last)) } : {} };
}

/** A page of a list that is short enough to be read whole, in its own order. */
export function pageOfAll<Row>(
  list: string,
  rows: readonly Row[],
  {
    limit,
    cursor,
    placeOf,
  }: { limit: number; cursor?: string | undefined; placeOf(row: Row): string },
) {
  const place = readCursor(list, cursor, /^/);
  const at = place === undefined ? -1 : rows.findIndex((row) => placeOf(row) === place);
  // What stood there is gone: the rest of a sorted list begins behind its place.
  const after =
    at < 0 && place !== undefined ? rows.findIndex((row) => placeOf(row) > place) : at + 1;
  const rest = after < 0 ? [] : rows.slice(after, after + limit + 1);
  return pageOf(list, { rows: rest, limit, placeOf });
}
