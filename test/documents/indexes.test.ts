import { describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { listDecisions, openDocuments, searchDocuments } from '../../src/documents/index.ts';
import { databaseKinds } from '../support/database.ts';
import { useDocuments } from './corpus.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

describe.each(databaseKinds)('20,000 documents on %s', (kind) => {
  const place = useDocuments(kind);

  test('no statement reads a whole table', { timeout: 120_000 }, async () => {
    await fill(place.database);
    for (const statistics of ['without', 'with']) {
      if (statistics === 'with') await place.database.query('analyze nightshift.documents');
      if (statistics === 'with') await place.database.query('analyze nightshift.decisions');
      const { sql, scans } = openExplainer(place.database);
      const found = await searchDocuments(sql, { q: 'group7 word12345' });
      expect(found.total).toBe(21);
      await searchDocuments(sql, { facets: { group: '7' } });
      await searchDocuments(sql, { kind: 'article' });
      await searchDocuments(sql, {
        from: new Date('2026-01-01'),
        to: new Date('2026-01-01T01:00:00Z'),
      });
      await openDocuments(sql).known('mail', ['17', '18', 'none']);
      await openDocuments(sql).read('mail', ['17', '18', 'none']);
      await listDecisions(sql, {});
      expect(scans, `${statistics} statistics`).toEqual([]);
    }
  });
});

async function fill(sql: Sql): Promise<void> {
  await sql.query(
    `insert into nightshift.documents (id, kind, key, title, at, stored_at, length, facets, body, lexemes)
     select gen_random_uuid(), case when i % 200 = 0 then 'article' else 'mail' end, i::text, 'Document ' || i,
       timestamptz '2026-01-01' + i * interval '1 minute', now(), 200,
       jsonb_build_object('group', (i % 1000)::text),
       repeat('some words to fill a page ', 40),
       to_tsvector('simple', 'word' || i || ' group' || i % 1000)
     from generate_series(1, 20000) as i`,
  );
  await sql.query(
    `insert into nightshift.decisions (id, document, question, answer, confidence, reasons, decided_at)
     select gen_random_uuid(), id, 'category', 'read', 0.5, '[]', at from nightshift.documents`,
  );
}

/** Runs each statement after explaining it; `scans` collects those that read a whole table of ours, without a limit. */
function openExplainer(database: Sql): { sql: Sql; scans: string[] } {
  const scans: string[] = [];
  const sql: Sql = {
    async query(text, values) {
      const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `explain (format json) ${text}`,
        values,
      );
      if (scansWhole(row!['QUERY PLAN'][0].Plan)) scans.push(text);
      return database.query(text, values);
    },
  };
  return { sql, scans };
}

function scansWhole(node: PlanNode): boolean {
  if (node['Node Type'] === 'Seq Scan') return node['Relation Name'] !== undefined;
  const isBounded = node['Node Type'] === 'Limit';
  return (node.Plans ?? []).some(
    (child) => !(isBounded && child['Node Type'] === 'Seq Scan') && scansWhole(child),
  );
}
