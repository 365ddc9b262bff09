import { v7 } from 'uuid';
import { cleanJson, cleanText } from '../core/clean.ts';
import type { Documents, NewDecision, NewDocument } from '../core/connectors.ts';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { indexText } from './lexemes.ts';
import { upsertDecisions } from './queries/decisions.ts';
import {
  type DocumentRow,
  selectDocuments,
  selectKnownKeys,
  upsertDocuments,
} from './queries/documents.ts';
import type { Writer } from './writer.ts';

/**
 * Documents and decisions, written through `sql` (so inside its transaction, if it is one) and signed with
 * `runId` and its `job`. Text that Postgres refuses (NUL, half a surrogate pair) is stored with U+FFFD in its place; of two
 * with the same name in one call the last is kept. Large puts take several statements of some megabytes each:
 * only inside a transaction do they appear together. Throws `document.invalid` and `document.missing` before it
 * writes anything.
 */
export function openDocuments(
  sql: Sql,
  { runId = null, job = null }: Partial<Writer> = {},
): Documents {
  const writer = { runId, job };
  return {
    async put(documents) {
      const named = distinct(documents, ({ kind, key }) => [kind, key]);
      for (const document of named) checkDocument(document);
      for (const chunk of chunksOf(named))
        await upsertDocuments(sql, cleanJson(chunk.map(rowOf)), writer);
    },

    async decide(decisions) {
      const named = distinct(decisions, ({ document, question }) => [
        document.kind,
        document.key,
        question,
      ]);
      for (const decision of named) checkDecision(decision);
      const rows = named.map(({ document, ...decision }) => ({
        id: v7(),
        ...document,
        ...decision,
      }));
      const [missing] = await upsertDecisions(sql, cleanJson(rows), writer);
      if (missing) throw new Failure('decision.homeless', { ...missing });
    },

    async known(kind, keys) {
      const stored = new Set(await selectKnownKeys(sql, cleanText(kind), keys.map(cleanText)));
      return new Set(keys.filter((key) => stored.has(cleanText(key))));
    },

    read: (kind, keys) => selectDocuments(sql, cleanText(kind), keys.map(cleanText)),
  };
}

// A key is part of an index entry, which Postgres limits to 2,704 bytes.
const keyLimit = 2000;
const chunkDocuments = 500;
const chunkCharacters = 4_000_000;

/** The last of each name, in the order of names: so two puts lock the rows they share in the same order. */
function distinct<Item>(items: readonly Item[], nameOf: (item: Item) => readonly string[]): Item[] {
  const byName = new Map(items.map((item) => [cleanText(nameOf(item).join('\n')), item]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function checkDocument({ kind, key, at }: NewDocument): void {
  const faults: string[] = [];
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(kind))
    faults.push(`kind: "${kind}" is not a lower-case word of at most 64 letters, digits and "-"`);
  if (key === '') faults.push('key: is empty');
  if (Buffer.byteLength(key) > keyLimit)
    faults.push(`key: is longer than ${keyLimit} bytes; use a hash of it`);
  if (at && Number.isNaN(at.getTime())) faults.push('at: is not a date');
  if (faults.length > 0)
    throw new Failure('document.invalid', {
      kind,
      key: key.slice(0, 100),
      faults: faults.join('; '),
    });
}

function checkDecision({ document, question, confidence }: NewDecision): void {
  const faults: string[] = [];
  if (question === '' || Buffer.byteLength(question) > keyLimit)
    faults.push(`question: is not a text of 1 to ${keyLimit} bytes`);
  if (!(confidence >= 0 && confidence <= 1))
    faults.push(`confidence: ${confidence} is not between 0 and 1`);
  if (faults.length > 0)
    throw new Failure('decision.invalid', {
      ...document,
      question: question.slice(0, 100),
      faults: faults.join('; '),
    });
}

/** Documents in statements that stay small, whatever the size of their bodies. */
function* chunksOf(documents: readonly NewDocument[]): Generator<NewDocument[]> {
  let chunk: NewDocument[] = [];
  let characters = 0;
  for (const document of documents) {
    const isFull = characters + document.body.length > chunkCharacters;
    if (chunk.length === chunkDocuments || (chunk.length > 0 && isFull)) {
      yield chunk;
      chunk = [];
      characters = 0;
    }
    chunk.push(document);
    characters += document.body.length;
  }
  if (chunk.length > 0) yield chunk;
}

function rowOf({ kind, key, title, body, at, facets = {}, data }: NewDocument): DocumentRow {
  const indexed = indexText(title, body);
  return { id: v7(), kind, key, title, body, at: at?.toISOString(), facets, data, ...indexed };
}
