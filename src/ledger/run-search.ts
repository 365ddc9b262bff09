import type { Run } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { RunQuery } from './run-filter.ts';
import { listRunIds, listRuns } from './runs.ts';

/** Runs that were looked for by their words. */
export interface FoundRuns {
  /** Newest first. */
  readonly runs: Run[];
  /** The last run that was looked at, after which the next page begins; null when there are no more. */
  readonly lookedTo: string | null;
}

export interface WordSearch extends RunQuery {
  readonly words: readonly string[];
  readonly before?: string | undefined;
  readonly limit: number;
}

const atOnce = 1000;
const patienceMs = 1000;

/**
 * Runs with every one of the words, whatever their case, in payload, key, result, error, steps or log. It reads one run
 * after the other, the newest first, and stops after a second or so, with as many as it has found and where it is: an
 * index of all words would cost each run several times its row.
 */
export async function searchRuns(
  sql: Sql,
  { words, before, limit, ...query }: WordSearch,
): Promise<FoundRuns> {
  const began = performance.now();
  const found: string[] = [];
  let lookedTo: string | null = before ?? null;
  for (;;) {
    const ids = await listRunIds(sql, { ...query, before: lookedTo ?? undefined, limit: atOnce });
    found.push(...(await matchWords(sql, ids, words)));
    lookedTo = ids.length < atOnce ? null : ids.at(-1)!;
    if (found.length > limit) lookedTo = found[limit - 1]!;
    const isOver = performance.now() - began > patienceMs;
    if (lookedTo === null || found.length >= limit || isOver) break;
  }
  const shown = found.slice(0, limit);
  return { runs: await listRuns(sql, { ids: shown, limit: shown.length }), lookedTo };
}

/** Those of the runs that have all words, newest first. */
async function matchWords(
  sql: Sql,
  ids: readonly string[],
  words: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const conditions = words.map((_, i) => conditionOn(`$${i * 2 + 2}`, `$${i * 2 + 3}`));
  const rows = await sql.query<{ id: string }>(
    `select r.id from nightshift.runs r where r.id = any($1::uuid[]) and ${conditions.join(' and ')} order by r.id desc`,
    [
      ids,
      ...words.flatMap((word) => [patternOf(word), patternOf(JSON.stringify(word).slice(1, -1))]),
    ],
  );
  return rows.map(({ id }) => id);
}

function conditionOn(plain: string, inJson: string): string {
  return `(r.key ilike ${plain} or r.payload::text ilike ${inJson} or r.result::text ilike ${inJson} or r.error::text ilike ${inJson}
    or exists (select from nightshift.logs l where l.run_id = r.id and (l.message ilike ${plain} or l.data::text ilike ${inJson}))
    or exists (select from nightshift.steps s where s.run_id = r.id and s.result::text ilike ${inJson}))`;
}

/** As a part of a text, each character for itself. */
function patternOf(word: string): string {
  return `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
