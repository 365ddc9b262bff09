import type { ReadDocument } from '../../core/connectors.ts';
import type { Sql } from '../../core/sql.ts';
import type { Writer } from '../writer.ts';

/** A document as a row of the upsert; times as ISO text, all as JSON takes it. */
export interface DocumentRow {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly at: string | undefined;
  readonly facets: Readonly<Record<string, string>>;
  readonly data: unknown;
  readonly lexemes: string;
  readonly length: number;
}

/** A stored document. */
export interface StoredDocument {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly at: Date;
  readonly storedAt: Date;
  readonly facets: Readonly<Record<string, string>>;
  readonly data: unknown;
  readonly runId: string | null;
}

/** Inserts or replaces the documents of `rows`, a JSON array of `DocumentRow` without two of one kind and key. */
export async function upsertDocuments(
  sql: Sql,
  rows: string,
  { runId, job }: Writer,
): Promise<void> {
  // Times are cut to the milliseconds that a cursor carries.
  await sql.query(
    `insert into nightshift.documents as stored
       (id, kind, key, title, at, stored_at, run_id, job, length, facets, body, data, lexemes)
     select id, kind, key, title, coalesce(at, date_trunc('milliseconds', now())),
       date_trunc('milliseconds', now()), $2::uuid, $3, length, facets, body, data, lexemes
     from jsonb_to_recordset($1::jsonb) as row (id uuid, kind text, key text, title text, at timestamptz,
       length int, facets jsonb, body text, data jsonb, lexemes tsvector)
     on conflict (kind, key) do update set title = excluded.title, at = excluded.at,
       stored_at = excluded.stored_at, run_id = excluded.run_id, job = excluded.job, length = excluded.length,
       facets = excluded.facets, body = excluded.body, data = excluded.data, lexemes = excluded.lexemes`,
    [rows, runId, job],
  );
}

/** Which of `keys` are stored under `kind`. */
export async function selectKnownKeys(
  sql: Sql,
  kind: string,
  keys: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ key: string }>(
    `select key from nightshift.documents where kind = $1 and key = any($2::text[])`,
    [kind, keys],
  );
  return rows.map(({ key }) => key);
}

/** Those of `keys` that are stored under `kind`, with the questions a person corrected. */
export async function selectDocuments(
  sql: Sql,
  kind: string,
  keys: readonly string[],
): Promise<ReadDocument[]> {
  return sql.query<ReadDocument>(
    `select kind, key, title, body, at, facets, data,
       array(select question from nightshift.decisions
         where document = stored.id and corrected_at is not null) as corrected
     from nightshift.documents as stored where kind = $1 and key = any($2::text[])`,
    [kind, keys],
  );
}

/** The document, if a job that `patterns` of `like` take stored it; null: whatever job did. */
export async function selectDocument(
  sql: Sql,
  id: string,
  patterns: readonly string[] | null,
): Promise<StoredDocument | undefined> {
  const rows = await sql.query<StoredDocument>(
    `select id, kind, key, title, body, at, stored_at as "storedAt", facets, data, run_id as "runId"
     from nightshift.documents where id = $1::uuid and ($2::text[] is null or job like any($2::text[]))`,
    [id, patterns],
  );
  return rows[0];
}
