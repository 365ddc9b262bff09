import { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import { type Decision, selectDecisionsAbout } from './queries/decisions.ts';
import { type StoredDocument, selectDocument } from './queries/documents.ts';

/** A stored document with what was decided about it. */
export interface Document extends StoredDocument {
  readonly decisions: readonly Decision[];
}

/** The whole document, or a `document.missing` failure. */
export async function findDocument(sql: Sql, id: string): Promise<Document> {
  const document = z.uuid().safeParse(id).success ? await selectDocument(sql, id) : undefined;
  if (!document) throw new Failure('document.missing', { id });
  return { ...document, decisions: await selectDecisionsAbout(sql, [id]) };
}
