import { beforeEach, describe, expect, test } from 'vitest';
import {
  correctDecision,
  documentsMigrations,
  findDocument,
  listDecisions,
  openDocuments,
  searchDocuments,
} from '../../src/documents/index.ts';
import { insertRuns, ledgerMigrations, newId } from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';
import { mail, useDocuments } from './corpus.ts';

const ours = { within: ['mail-*'] } as const;

describe.each(databaseKinds)('what a key finds that is limited to jobs, on %s', (kind) => {
  const place = useDocuments(kind);
  const by = (job: string) => openDocuments(place.database, { job });
  beforeEach(async () => {
    const facets = (job: string) => ({ facets: { job } });
    await by('mail-sort').put([mail('1', { body: 'invoice', ...facets('mail-sort') })]);
    const article = { kind: 'article', title: 'An article', body: 'invoice' };
    await by('digest').put([{ ...article, key: '2', ...facets('digest') }]);
    await openDocuments(place.database).put([mail('3', { body: 'invoice' })]);
    const decide = (job: string, question: string) =>
      by(job).decide([
        {
          document: { kind: 'mail', key: '1' },
          question,
          answer: 'read',
          confidence: 0.5,
          reasons: [],
        },
      ]);
    await decide('mail-sort', 'category');
    await decide('digest', 'worth a line');
  });

  test('documents that its jobs stored, with facets and decisions of no other', async () => {
    const { database } = place;
    expect((await searchDocuments(database, { q: 'invoice' })).total).toBe(3);
    const { hits, total, facets } = await searchDocuments(database, { q: 'invoice', ...ours });
    expect(hits.map(({ key }) => key)).toEqual(['1']);
    expect(total).toBe(1);
    expect(facets).toEqual({ job: [{ value: 'mail-sort', count: 1 }] });
    expect(hits[0]!.decisions.map(({ question }) => question)).toEqual(['category']);
    const none = searchDocuments(database, { kind: 'article', ...ours });
    await expect(none).rejects.toThrow('the kinds stored are: mail.');
  });

  test('by id no other', async () => {
    const { database } = place;
    const { hits } = await searchDocuments(database, {});
    const idOf = (wanted: string) => hits.find(({ key }) => key === wanted)!.id;
    const found = await findDocument(database, idOf('1'), ours.within);
    expect(found.decisions).toHaveLength(1);
    for (const key of ['2', '3'])
      await expect(findDocument(database, idOf(key), ours.within)).rejects.toThrow('no document');
    expect((await findDocument(database, idOf('2'))).key).toBe('2');
  });

  test('decisions of its jobs, and corrects no other', async () => {
    const { database } = place;
    const { decisions } = await listDecisions(database, {});
    expect(decisions).toHaveLength(2);
    const own = (await listDecisions(database, ours)).decisions;
    expect(own.map(({ question }) => question)).toEqual(['category']);
    const other = decisions.find(({ question }) => question !== 'category')!;
    const correct = (id: string) =>
      correctDecision(database, { id, answer: 'act', by: 'ada' }, ours.within);
    await expect(correct(other.id)).rejects.toThrow('no decision');
    expect((await correct(own[0]!.id)).correctedAnswer).toBe('act');
  });

  test('what was written again is of the job that wrote it last', async () => {
    await by('digest').put([mail('1', { body: 'invoice' })]);
    expect((await searchDocuments(place.database, ours)).total).toBe(0);
  });
});

test('documents that were there before are of the jobs of their runs', async () => {
  await using place = await openTestDatabase('postgres', {
    ...ledgerMigrations,
    ...documentsMigrations,
  });
  const { database } = place;
  const id = newId();
  const run = { id, delivery: newId(), job: 'mail-sort', version: 1, payload: {}, priority: 0 };
  await insertRuns(database, [run]);
  await openDocuments(database, { runId: id }).put([mail('1')]);
  const { up, down } = documentsMigrations['documents/0002-jobs'];
  await database.transaction((tx) => tx.query(down.split(';')[0]!));
  await database.transaction((tx) => tx.query(down.split(';')[1]!));
  for (const statement of up.split(/;\n(?=alter|--)/)) await database.query(statement);
  expect((await searchDocuments(database, ours)).total).toBe(1);
});
