import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { NewDocument } from '../../src/core/connectors.ts';
import type { Sql } from '../../src/core/sql.ts';
import type { Database } from '../../src/db/index.ts';
import {
  documentsMigrations,
  type SearchRequest,
  searchDocuments,
} from '../../src/documents/index.ts';
import { type DatabaseKind, openTestDatabase, type TestDatabase } from '../support/database.ts';

/** A database with our tables for the tests of the block, empty before each. */
export function useDocuments(kind: DatabaseKind): { readonly database: Database } {
  let place: TestDatabase;
  beforeAll(async () => {
    place = await openTestDatabase(kind, documentsMigrations);
  });
  beforeEach(() => place.database.query('truncate nightshift.documents, nightshift.decisions'));
  afterAll(() => place[Symbol.asyncDispose]());
  return {
    get database() {
      return place.database;
    },
  };
}

/** A mail with what a test cares about. */
export function mail(key: string, parts: Partial<NewDocument> = {}): NewDocument {
  return { kind: 'mail', key, title: `Mail ${key}`, body: '', ...parts };
}

/** The keys that a search finds, in its order. */
export async function findKeys(sql: Sql, request: SearchRequest | string): Promise<string[]> {
  const found = await searchDocuments(sql, typeof request === 'string' ? { q: request } : request);
  return found.hits.map(({ key }) => key);
}
