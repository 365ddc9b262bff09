import { z } from 'zod';
import { cleanJson, cleanText } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import { type JobScope, patternsOf } from '../core/job-scope.ts';
import type { Sql } from '../core/sql.ts';
import { suggest } from '../core/suggest.ts';
import { cursorSchema, writeCursor } from './cursor.ts';
import { parseInput } from './input.ts';
import { type Decision, selectDecisionsAbout } from './queries/decisions.ts';
import {
  type FacetCounts,
  type Frequencies,
  type HitRow,
  type Matches,
  selectFrequencies,
  selectHits,
  selectMatches,
  selectOtherKinds,
} from './queries/matches.ts';
import { parseQuery, type Query } from './query.ts';
import { makeSnippet } from './snippet.ts';

/** What is looked for; without `q` everything, newest first. */
export interface SearchRequest {
  /** Words (any of them), `"phrases"` (all of them), `-without`, `begin*`; at most 2,000 characters. */
  readonly q?: string | undefined;
  readonly kind?: string | undefined;
  readonly facets?: Readonly<Record<string, string>> | undefined;
  /** The first moment. */
  readonly from?: Date | undefined;
  /** The first moment no more. */
  readonly to?: Date | undefined;
  /** 1 … 100, 20 by default. */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before, of the same search. */
  readonly cursor?: string | undefined;
  /** What these jobs stored, and decided about it: what whoever asks is limited to. */
  readonly within?: JobScope;
}

/** A document that was found. */
export interface Hit {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  /** Where in the body it was found, one line; found words stand between `markStart` and `markEnd`. */
  readonly snippet: string;
  readonly at: Date;
  readonly facets: Readonly<Record<string, string>>;
  readonly score: number;
  readonly decisions: readonly Decision[];
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** How many documents match, on all pages. */
  readonly total: number;
  /** How many of them have which value of which facet. */
  readonly facets: FacetCounts;
  /** What the next page is asked for with; null on the last one. */
  readonly cursor: string | null;
}

/**
 * Finds documents by their words and facets, best first: BM25 over title (three times the weight) and body,
 * equal ones by date. Throws `search.invalid` with every fault, and `search.kind` for a kind that nothing has.
 */
export async function searchDocuments(sql: Sql, request: SearchRequest): Promise<SearchResult> {
  const search = parseInput(searchSchema, request, 'search.invalid');
  const query = parseQuery(search.q);
  if (query.isWordless) return nothing;
  const frequencies = await frequenciesOf(sql, query);
  const { total, page, facets } = await selectMatches(sql, {
    filter: filterOf(search, query),
    terms: weighTerms(query, frequencies),
    averageLength: frequencies.averageLength,
    after: search.cursor ?? null,
    limit: search.limit + 1,
  });
  if (total === 0 && search.kind !== undefined) await checkKind(sql, search.kind, search.within);
  const hits = await loadHits(sql, page.slice(0, search.limit), { query, within: search.within });
  return {
    hits,
    total,
    facets,
    cursor: page.length > search.limit ? writeCursor(hits.at(-1)!) : null,
  };
}

const searchSchema = z.strictObject({
  q: z.string().max(2000).default(''),
  kind: z.string().transform(cleanText).optional(),
  facets: z.record(z.string(), z.string()).optional(),
  from: z.date().optional(),
  to: z.date().optional(),
  limit: z.int().min(1).max(100).default(20),
  cursor: cursorSchema.optional(),
  within: z.array(z.string()).readonly().optional(),
});

const nothing: SearchResult = { hits: [], total: 0, facets: {}, cursor: null };

// A snippet is looked for in so much of a body, in characters.
const snippetReach = 32_000;

function filterOf(search: z.infer<typeof searchSchema>, query: Query) {
  return {
    tsquery: query.filter === '' ? null : query.filter,
    kind: search.kind ?? null,
    facets: search.facets ? cleanJson(search.facets) : null,
    from: search.from ?? null,
    to: search.to ?? null,
    jobs: patternsOf(search.within),
  };
}

async function frequenciesOf(sql: Sql, { terms }: Query): Promise<Frequencies> {
  if (terms.length === 0) return { documents: 0, averageLength: 1, perTerm: [] };
  return selectFrequencies(sql, terms);
}

/** Each term with its inverse document frequency, as BM25 in Lucene has it: never below zero. */
function weighTerms({ terms }: Query, { documents, perTerm }: Frequencies) {
  return terms.map((term, index) => {
    const frequency = perTerm[index]!;
    const others = Math.max(0, documents - frequency);
    return { term, weight: Math.log(1 + (others + 0.5) / (frequency + 0.5)) };
  });
}

/** A kind without documents is a slip of the pen, unless there are no documents at all. */
async function checkKind(sql: Sql, kind: string, within: JobScope): Promise<void> {
  const others = await selectOtherKinds(sql, kind, within);
  if (others.length === 0) return;
  throw new Failure('search.kind', {
    kind,
    suggestion: suggest(kind, others) || '.',
    kinds: others.sort().join(', '),
  });
}

async function loadHits(
  sql: Sql,
  page: Matches['page'],
  { query, within }: { readonly query: Query; readonly within: JobScope },
): Promise<Hit[]> {
  if (page.length === 0) return [];
  const ids = page.map(({ id }) => id);
  const rows = new Map((await selectHits(sql, ids, snippetReach)).map((row) => [row.id, row]));
  const decisions = Map.groupBy(
    await selectDecisionsAbout(sql, ids, within),
    ({ document }) => document.id,
  );
  return page.flatMap(({ id, score }) => {
    const row = rows.get(id);
    return row ? [hitOf(row, { score, query, decisions: decisions.get(id) ?? [] })] : [];
  });
}

interface HitContext {
  readonly score: number;
  readonly query: Query;
  readonly decisions: readonly Decision[];
}

function hitOf({ text, ...row }: HitRow, { score, query, decisions }: HitContext): Hit {
  return { ...row, snippet: makeSnippet(text, query.marks), score, decisions };
}
