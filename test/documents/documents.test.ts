import { describe, expect, test } from 'vitest';
import {
  correctDecision,
  findDocument,
  listDecisions,
  openDocuments,
  searchDocuments,
} from '../../src/documents/index.ts';
import { databaseKinds } from '../support/database.ts';
import { findKeys, mail, useDocuments } from './corpus.ts';

const category = (key: string, answer: string, confidence = 0.9) => ({
  document: { kind: 'mail', key },
  question: 'category',
  answer,
  confidence,
  reasons: ['says so'],
});

describe.each(databaseKinds)('documents on %s', (kind) => {
  const place = useDocuments(kind);

  test('what is put again replaces what was there, under the same id', async () => {
    const documents = openDocuments(place.database);
    await documents.put([mail('a', { body: 'first' }), mail('b')]);
    const [before] = (await searchDocuments(place.database, { q: 'first' })).hits;
    await documents.put([mail('a', { body: 'second', data: [1, { two: 2 }] })]);
    const after = await findDocument(place.database, before!.id);
    expect(after).toMatchObject({ key: 'a', body: 'second', data: [1, { two: 2 }], facets: {} });
    expect(await findKeys(place.database, 'first')).toEqual([]);
  });

  test('of two with one name in a call the last is kept', async () => {
    const documents = openDocuments(place.database);
    await documents.put([mail('a', { title: 'one' }), mail('a', { title: 'two' })]);
    await documents.decide([category('a', 'read'), category('a', 'act')]);
    const { hits } = await searchDocuments(place.database, {});
    expect(hits.map(({ title }) => title)).toEqual(['two']);
    expect(hits[0]!.decisions.map(({ answer }) => answer)).toEqual(['act']);
  });

  test('text that Postgres refuses is stored, and found', async () => {
    const documents = openDocuments(place.database);
    const evil = 'nul\0 half\ud800 backslash\\u0000';
    const data = { [evil]: [evil] };
    await documents.put([mail(evil, { title: evil, body: evil, facets: { [evil]: evil }, data })]);
    await documents.decide([{ ...category(evil, evil), question: evil, reasons: [evil] }]);
    const clean = 'nul\ufffd half\ufffd backslash\\u0000';
    const { hits } = await searchDocuments(place.database, { q: 'half', facets: { [evil]: evil } });
    expect(hits[0]).toMatchObject({ key: clean, title: clean, facets: { [clean]: clean } });
    expect(await findDocument(place.database, hits[0]!.id)).toMatchObject({
      body: clean,
      data: { [clean]: [clean] },
      decisions: [{ answer: clean, reasons: [clean] }],
    });
    expect(await documents.known('mail', [evil, 'other'])).toEqual(new Set([evil]));
  });

  test('a body of megabytes is kept whole and indexed at its beginning', {
    timeout: 120_000,
  }, async () => {
    const documents = openDocuments(place.database);
    const bodies = {
      prose: `beginning ${'the same words again '.repeat(200_000)}`,
      distinct: `beginning ${Array.from({ length: 400_000 }, (_, i) => `word${i}x`).join(' ')}`,
      wide: `beginning ${Array.from({ length: 60_000 }, (_, i) => `${'𐐨'.repeat(30)}${i}`).join(' ')}`,
      han: `beginning ${Array.from({ length: 500_000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * i) % 20_000))).join('')}`,
      blob: `beginning ${'A'.repeat(5_000_000)}`,
    };
    await documents.put(Object.entries(bodies).map(([key, body]) => mail(key, { body })));
    const { hits, total } = await searchDocuments(place.database, { q: 'beginning' });
    expect(total).toBe(5);
    for (const { id, key } of hits)
      expect((await findDocument(place.database, id)).body === bodies[key as 'prose']).toBe(true);
  });

  test('a document that cannot be named is refused, and nothing is stored', async () => {
    const documents = openDocuments(place.database);
    const long = mail('x'.repeat(3000), { at: new Date(Number.NaN) });
    await expect(documents.put([mail('a'), long])).rejects.toThrow(
      /key: is longer than 2000 bytes; use a hash of it; at: is not a date/,
    );
    await expect(documents.put([{ ...mail('a'), kind: 'No Kind' }])).rejects.toThrow('kind:');
    expect(await documents.known('mail', ['a'])).toEqual(new Set());
  });

  test('a decision about nothing is refused, and none is stored', async () => {
    const documents = openDocuments(place.database);
    await documents.put([mail('a')]);
    await expect(
      documents.decide([category('a', 'act'), category('gone', 'act')]),
    ).rejects.toMatchObject({ code: 'decision.homeless', details: { key: 'gone' } });
    await expect(documents.decide([category('a', 'act', Number.NaN)])).rejects.toMatchObject({
      code: 'decision.invalid',
    });
    expect((await listDecisions(place.database, {})).decisions).toEqual([]);
  });

  test("a person's correction outlives the next decision", async () => {
    const runId = '019a0000-0000-7000-8000-000000000001';
    const documents = openDocuments(place.database, { runId });
    await documents.put([mail('a')]);
    await documents.decide([category('a', 'read')]);
    const [{ id } = { id: '' }] = (await listDecisions(place.database, {})).decisions;
    await correctDecision(place.database, { id, answer: 'act', by: 'ada' });
    await documents.decide([category('a', 'archive', 0.5)]);
    expect(
      (await listDecisions(place.database, { answer: 'act', isCorrected: true })).decisions,
    ).toMatchObject([
      { id, answer: 'archive', correctedAnswer: 'act', correctedBy: 'ada', runId, confidence: 0.5 },
    ]);
    expect((await listDecisions(place.database, { answer: 'archive' })).decisions).toEqual([]);
  });

  test('documents are read by key, with what a person corrected about them', async () => {
    const documents = openDocuments(place.database);
    const stored = mail('a', { facets: { from: 'bo' }, data: { size: 7 } });
    await documents.put([stored, mail('b'), mail('c')]);
    await documents.decide([category('a', 'read'), category('b', 'read')]);
    const [{ id } = { id: '' }] = (await listDecisions(place.database, {})).decisions.filter(
      ({ document }) => document.key === 'a',
    );
    await correctDecision(place.database, { id, answer: 'act', by: 'ada' });
    const read = await documents.read('mail', ['a', 'b', 'gone']);
    expect(read.toSorted((one, other) => one.key.localeCompare(other.key))).toMatchObject([
      { ...stored, corrected: ['category'] },
      { key: 'b', corrected: [] },
    ]);
  });

  test('decisions are listed by page, each once', async () => {
    const documents = openDocuments(place.database);
    const keys = Array.from({ length: 45 }, (_, index) => `${index}`);
    await documents.put(keys.map((key) => mail(key)));
    await documents.decide(keys.map((key, index) => category(key, 'act', index / 100)));
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await listDecisions(place.database, {
        cursor: cursor ?? undefined,
        confidenceBelow: 0.4,
      });
      seen.push(...page.decisions.map(({ document }) => document.key));
      cursor = page.cursor;
    } while (cursor);
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(keys.slice(0, 40));
  });

  test('what is not there is said so', async () => {
    const id = '019a0000-0000-7000-8000-000000000001';
    await expect(findDocument(place.database, id)).rejects.toMatchObject({
      code: 'document.missing',
    });
    await expect(findDocument(place.database, 'x')).rejects.toMatchObject({
      code: 'document.missing',
    });
    const correction = { id, answer: 'act', by: 'ada' };
    await expect(correctDecision(place.database, correction)).rejects.toMatchObject({
      code: 'decision.missing',
    });
    await expect(
      correctDecision(place.database, { ...correction, answer: ' ' }),
    ).rejects.toMatchObject({
      code: 'correction.invalid',
    });
  });

  test('a put joins the transaction it is given', async () => {
    const failing = place.database.transaction(async (tx) => {
      await openDocuments(tx).put([mail('a')]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await findKeys(place.database, {})).toEqual([]);
  });

  test('puts that share documents do not lock each other out', async () => {
    const documents = openDocuments(place.database);
    const mails = Array.from({ length: 50 }, (_, index) => mail(`${index}`));
    const orders = Array.from({ length: 16 }, (_, index) =>
      index % 2 ? mails : mails.toReversed(),
    );
    await Promise.all(orders.map((order) => documents.put(order)));
    expect((await searchDocuments(place.database, {})).total).toBe(50);
  });
});
