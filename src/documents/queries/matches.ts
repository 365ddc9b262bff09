import { type JobScope, patternsOf } from '../../core/job-scope.ts';
import type { Sql } from '../../core/sql.ts';

/** What a document must fulfil to be counted as found; null leaves a condition out. */
export interface MatchFilter {
  readonly tsquery: string | null;
  readonly kind: string | null;
  /** JSON of the facets that must be so. */
  readonly facets: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Patterns of `like` for the jobs that stored it. */
  readonly jobs: readonly string[] | null;
}

/** How common words are: what BM25 weighs by. */
export interface Frequencies {
  readonly documents: number;
  readonly averageLength: number;
  /** For each term, in how many documents it stands. */
  readonly perTerm: readonly number[];
}

/** Counts documents (of at most 100,000, which is enough to weigh by) and, exactly, those of each term. */
export async function selectFrequencies(sql: Sql, terms: readonly string[]): Promise<Frequencies> {
  const rows = await sql.query<Frequencies>(
    `select count(*)::int as documents, coalesce(avg(length), 1)::float8 as "averageLength",
       (select coalesce(json_agg(frequency order by place), '[]') from (
         select place, (
           select count(*)::int from nightshift.documents where lexemes @@ term::tsquery
         ) as frequency
         from unnest($1::text[]) with ordinality as t (term, place)) as counted) as "perTerm"
     from (select length from nightshift.documents limit 100000) as sample`,
    [terms],
  );
  return rows[0]!;
}

/** A term and how much a match of it counts. */
export interface WeightedTerm {
  readonly term: string;
  readonly weight: number;
}

/** A place in the order of hits: best score first, then newest. */
export interface MatchPosition {
  readonly score: number;
  readonly at: Date;
  readonly id: string;
}

export interface MatchRequest {
  readonly filter: MatchFilter;
  readonly terms: readonly WeightedTerm[];
  readonly averageLength: number;
  readonly after: MatchPosition | null;
  readonly limit: number;
}

export interface Matches {
  readonly total: number;
  readonly page: readonly { readonly id: string; readonly score: number }[];
  readonly facets: FacetCounts;
}

/** For each facet its most frequent values, the most frequent first, `facetValues` at most. */
export type FacetCounts = Readonly<
  Record<string, readonly { readonly value: string; readonly count: number }[]>
>;

/** The page, the number and the facets of all documents that match. */
export async function selectMatches(sql: Sql, request: MatchRequest): Promise<Matches> {
  const { filter, terms, averageLength, after, limit } = request;
  const rows = await sql.query<Matches>(matchStatement, [
    filter.tsquery,
    filter.kind,
    filter.facets,
    filter.from,
    filter.to,
    terms.map(({ term }) => term),
    terms.map(({ weight }) => weight),
    averageLength,
    after?.score ?? null,
    after?.at ?? null,
    after?.id ?? null,
    limit,
    filter.jobs,
  ]);
  return rows[0]!;
}

/** What a page shows of each document; of the body as much as a snippet is looked for in. */
export interface HitRow {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly at: Date;
  readonly facets: Readonly<Record<string, string>>;
}

export async function selectHits(
  sql: Sql,
  ids: readonly string[],
  textLength: number,
): Promise<HitRow[]> {
  return sql.query<HitRow>(
    `select id, kind, key, title, left(body, $2::int) as text, at, facets
     from nightshift.documents where id = any($1::uuid[])`,
    [ids, textLength],
  );
}

/** The kinds that jobs of the scope stored, unless `kind` is among them: then nothing. */
export async function selectOtherKinds(
  sql: Sql,
  kind: string,
  within?: JobScope,
): Promise<string[]> {
  const rows = await sql.query<{ kind: string }>(
    `with seen as (
       select distinct kind from nightshift.documents where $2::text[] is null or job like any($2::text[])
     )
     select kind from seen where not exists (select from seen where kind = $1)`,
    [kind, patternsOf(within)],
  );
  return rows.map((row) => row.kind);
}

/** How many values of one facet are counted for people to choose from. */
const facetValues = 20;

// BM25 (k1 = 1.2, b = 0.75) without a table of postings. For one lexeme and equal weights, ts_rank is the sum of
// 1/i² over its occurrences i, divided by the sum over all i; from that the number of occurrences is got back as
// 0.6079 / (1 - rank) - 0.5, within 5 %. An occurrence in the title (weight A) counts three times. Only basic
// arithmetic is used, so that both databases agree to the last bit.
const matchStatement = `
with terms as materialized (
  select term::tsquery as term, weight from unnest($6::text[], $7::float8[]) as t (term, weight)
), found as (
  -- The concatenation unpacks the lexemes once for all terms, and offset 0 keeps the planner from undoing that.
  select id, at, facets, length,
    case when cardinality($6::text[]) > 0 then lexemes || ''::tsvector end as lexemes
  from nightshift.documents
  where ($1::tsquery is null or lexemes @@ $1::tsquery)
    and ($2::text is null or kind = $2)
    and ($3::jsonb is null or facets @> $3::jsonb)
    and ($4::timestamptz is null or at >= $4)
    and ($5::timestamptz is null or at < $5)
    and ($13::text[] is null or job like any($13::text[]))
  offset 0
), matched as materialized (
  select id, at, facets, coalesce((
    select sum(weight * 2.2 * occurrences / (occurrences + 1.2 * (0.25 + 0.75 * length / $8::float8)))
    from terms cross join lateral (
      select 0.6079 / (1 - least(ts_rank('{1,1,1,1}', lexemes, term)::float8, 0.998)) - 0.5
        + 2 * (0.6079 / (1 - least(ts_rank('{0,0,0,1}', lexemes, term)::float8, 0.998)) - 0.6079) as occurrences
    ) as counted
    where lexemes @@ term), 0) as score
  from found
), page as (
  select id, score, at from matched
  where $9::float8 is null or (score, at, id) < ($9::float8, $10::timestamptz, $11::uuid)
  order by score desc, at desc, id desc limit $12
), counted as (
  select name, value, count(*)::int as documents,
    row_number() over (partition by name order by count(*) desc, value) as place
  from matched cross join jsonb_each_text(facets) as facet (name, value)
  group by name, value
)
select (select count(*)::int from matched) as total,
  (select coalesce(json_agg(json_build_object('id', id, 'score', score)
     order by score desc, at desc, id desc), '[]') from page) as page,
  (select coalesce(json_object_agg(name, values), '{}') from (
     select name, json_agg(json_build_object('value', value, 'count', documents) order by place) as values
     from counted where place <= ${facetValues} group by name) as facet) as facets`;
