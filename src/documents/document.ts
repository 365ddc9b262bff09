import { z } from 'zod';
import { Failure } from '../core/errors.ts';
import { type JobScope, patternsOf } from '../core/job-scope.ts';
import type { Sql } from '../core/sql.ts';
import { type Decision, selectDecisionsAbout } from './queries/decisions.ts';
import { type StoredDocument, selectDocument } from './queries/documents.ts';

/** A stored document with what was decided about it. */
export interface Document extends StoredDocument {
  readonly decisions: readonly Decision[];
}

/** The whole document, of jobs of the scope; throws `document.missing`. */
export async function findDocument(sql: Sql, id: string, within?: JobScope): Promise<Document> {
  const document = z.uuid().safeParse(id).success
    ? await selectDocument(sql, id, patternsOf(within))
    : undefined;
  if (!document) throw new Failure('document.missing', { id });
  return { ...document, decisions: await selectDecisionsAbout(sql, [id], within) };
}
