import { type JobScope, patternsOf } from '../../core/job-scope.ts';
import type { Sql } from '../../core/sql.ts';
import type { Writer } from '../writer.ts';

/** A stored decision; `correctedAnswer` is a person's and holds, whatever a job decides later. */
export interface Decision {
  readonly id: string;
  readonly document: {
    readonly id: string;
    readonly kind: string;
    readonly key: string;
    readonly title: string;
  };
  readonly question: string;
  /** What the job answered last. */
  readonly answer: string;
  readonly confidence: number;
  readonly reasons: readonly string[];
  readonly runId: string | null;
  readonly decidedAt: Date;
  readonly correctedAnswer: string | null;
  readonly correctedBy: string | null;
  readonly correctedAt: Date | null;
}

/**
 * Inserts or replaces the decisions of `rows`, a JSON array of `{id, kind, key, question, answer, confidence,
 * reasons}`, unless one of their documents is not stored: then nothing is written and those are returned.
 */
export async function upsertDecisions(
  sql: Sql,
  rows: string,
  { runId, job }: Writer,
): Promise<{ kind: string; key: string }[]> {
  return sql.query(
    `with input as (
       select d.id as document, row.*
       from jsonb_to_recordset($1::jsonb) as row (id uuid, kind text, key text, question text, answer text,
         confidence float8, reasons jsonb)
       left join nightshift.documents d on d.kind = row.kind and d.key = row.key
     ), stored as (
       insert into nightshift.decisions
         (id, document, question, answer, confidence, reasons, run_id, job, decided_at)
       select id, document, question, answer, confidence, reasons, $2::uuid, $3, date_trunc('milliseconds', now())
       from input where not exists (select from input where document is null)
       order by document, question
       on conflict (document, question) do update set answer = excluded.answer,
         confidence = excluded.confidence, reasons = excluded.reasons, run_id = excluded.run_id, job = excluded.job,
         decided_at = excluded.decided_at
     )
     select distinct kind, key from input where document is null order by kind, key`,
    [rows, runId, job],
  );
}

/** Which decisions to list; undefined leaves a condition out. */
export interface DecisionFilter {
  readonly kind?: string | undefined;
  readonly question?: string | undefined;
  /** The answer that holds: a person's, else the job's. */
  readonly answer?: string | undefined;
  readonly isCorrected?: boolean | undefined;
  /** Only decisions with a confidence below it. */
  readonly confidenceBelow?: number | undefined;
  /** Of these jobs only: what whoever asks is limited to. */
  readonly within?: JobScope;
}

/** A place in the list, latest first. */
export interface DecisionPosition {
  readonly at: Date;
  readonly id: string;
}

export interface DecisionPage {
  readonly filter: DecisionFilter;
  readonly after: DecisionPosition | null;
  readonly limit: number;
}

export async function selectDecisions(sql: Sql, page: DecisionPage): Promise<Decision[]> {
  const { filter, after, limit } = page;
  return sql.query<Decision>(
    `select ${columns} from nightshift.decisions c join nightshift.documents d on d.id = c.document
     where ($1::text is null or d.kind = $1)
       and ($2::text is null or c.question = $2)
       and ($3::text is null or coalesce(c.corrected_answer, c.answer) = $3)
       and ($4::boolean is null or (c.corrected_at is not null) = $4)
       and ($5::float8 is null or c.confidence < $5)
       and ($9::text[] is null or c.job like any($9::text[]))
       and ($6::timestamptz is null or (c.decided_at, c.id) < ($6::timestamptz, $7::uuid))
     order by c.decided_at desc, c.id desc limit $8`,
    [
      filter.kind ?? null,
      filter.question ?? null,
      filter.answer ?? null,
      filter.isCorrected ?? null,
      filter.confidenceBelow ?? null,
      after?.at ?? null,
      after?.id ?? null,
      limit,
      patternsOf(filter.within),
    ],
  );
}

/** All decisions about the documents that jobs of the scope made, in the order of their questions. */
export async function selectDecisionsAbout(
  sql: Sql,
  documents: readonly string[],
  within?: JobScope,
): Promise<Decision[]> {
  return sql.query<Decision>(
    `select ${columns} from nightshift.decisions c join nightshift.documents d on d.id = c.document
     where c.document = any($1::uuid[]) and ($2::text[] is null or c.job like any($2::text[]))
     order by c.question`,
    [documents, patternsOf(within)],
  );
}

export interface Correction {
  readonly id: string;
  readonly answer: string;
  /** Who corrects it, as the audit log names actors. */
  readonly by: string;
}

export async function updateCorrection(
  sql: Sql,
  { id, answer, by }: Correction,
  within?: JobScope,
): Promise<Decision | undefined> {
  const rows = await sql.query<Decision>(
    `with c as (
       update nightshift.decisions set corrected_answer = $2, corrected_by = $3,
         corrected_at = date_trunc('milliseconds', now())
       where id = $1::uuid and ($4::text[] is null or job like any($4::text[])) returning *
     )
     select ${columns} from c join nightshift.documents d on d.id = c.document`,
    [id, answer, by, patternsOf(within)],
  );
  return rows[0];
}

const columns = `c.id, json_build_object('id', d.id, 'kind', d.kind, 'key', d.key, 'title', d.title) as document,
  c.question, c.answer, c.confidence, c.reasons, c.run_id as "runId", c.decided_at as "decidedAt",
  c.corrected_answer as "correctedAnswer", c.corrected_by as "correctedBy", c.corrected_at as "correctedAt"`;
