import { describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import {
  markEnd,
  markStart,
  openDocuments,
  type SearchRequest,
  searchDocuments,
} from '../../src/documents/index.ts';
import { databaseKinds } from '../support/database.ts';
import { findKeys, mail, useDocuments } from './corpus.ts';

const day = (number: number) => new Date(Date.UTC(2026, 0, number));

const corpus = [
  mail('late', {
    title: 'The report runs late',
    body: 'Our quarterly reports are running late, says anna.meyer@mail.example.com.',
    facets: { category: 'act', sender: 'anna' },
    at: day(1),
  }),
  mail('kernel', {
    title: 'Kernel 6.1.2 released',
    body: 'The new kernel is out. Ticket ABC-1234 is closed; the report follows.',
    facets: { category: 'read', sender: 'ben' },
    at: day(2),
  }),
  mail('tokyo', {
    title: '東京都の天気',
    body: '今日の東京は晴れです。ﾊﾞｽで行く。',
    facets: { category: 'read', sender: 'chie' },
    at: day(3),
  }),
  mail('zurich', {
    title: 'Café in Zürich',
    body: 'Naïve résumé of the Straße, with running costs.',
    facets: { category: 'archive', sender: 'ben' },
    at: day(4),
  }),
  {
    ...mail('paper', { title: 'Annual review', body: 'A report on cafés.', at: day(5) }),
    kind: 'article',
  },
];

const queries: [q: string, keys: string[]][] = [
  ['running', ['late', 'zurich']],
  ['reports', ['late', 'paper', 'kernel']],
  ['quarterly report', ['late', 'paper', 'kernel']],
  ['"running late"', ['late']],
  ['"late running"', []],
  ['report -kernel', ['late', 'paper']],
  ['report -"running late"', ['paper', 'kernel']],
  ['meyer', ['late']],
  ['example.com', ['late']],
  ['anna.meyer@mail.example.com', ['late']],
  ['abc-1234', ['kernel']],
  ['1234-abc', []],
  ['6.1.2', ['kernel']],
  ['CAFE', ['zurich', 'paper']],
  ['strasse', ['zurich']],
  ['quart*', ['late']],
  ['東京', ['tokyo']],
  ['都', ['tokyo']],
  ['バス', ['tokyo']],
  ['大阪', []],
  ['the', ['late', 'kernel', 'zurich']],
  ['!!!', []],
  ['', ['paper', 'zurich', 'tokyo', 'kernel', 'late']],
];

describe.each(databaseKinds)('search on %s', (kind) => {
  const place = useDocuments(kind);

  test('words, phrases, exclusions, beginnings, codes and scripts without spaces', async () => {
    await openDocuments(place.database).put(corpus);
    const found: [string, string[]][] = [];
    for (const [q] of queries) found.push([q, await findKeys(place.database, q)]);
    expect(found).toEqual(queries);
  });

  test('a document with more and rarer words comes first', async () => {
    await openDocuments(place.database).put([
      ...Array.from({ length: 60 }, (_, index) =>
        mail(`many${index}`, { body: index < 30 ? 'invoice invoice invoice' : 'another thing' }),
      ),
      mail('rare', { body: 'a quokka among many other words' }),
      mail('both', { body: 'an invoice, a quokka and other words' }),
    ]);
    expect((await findKeys(place.database, 'invoice quokka')).slice(0, 2)).toEqual([
      'both',
      'rare',
    ]);
  });

  test('facets, kind and dates narrow, and what is left is counted', async () => {
    await openDocuments(place.database).put(corpus);
    const find = (request: SearchRequest) => searchDocuments(place.database, request);
    expect(await find({ kind: 'mail' })).toMatchObject({
      total: 4,
      facets: {
        category: [
          { value: 'read', count: 2 },
          { value: 'act', count: 1 },
          { value: 'archive', count: 1 },
        ],
        sender: [
          { value: 'ben', count: 2 },
          { value: 'anna', count: 1 },
          { value: 'chie', count: 1 },
        ],
      },
    });
    expect(await find({ q: 'report', facets: { category: 'read', sender: 'ben' } })).toMatchObject({
      total: 1,
      hits: [{ key: 'kernel' }],
      facets: { category: [{ value: 'read', count: 1 }] },
    });
    expect(await findKeys(place.database, { from: day(2), to: day(4) })).toEqual([
      'tokyo',
      'kernel',
    ]);
  });

  test('a hit shows where it was found, and what was decided', async () => {
    await openDocuments(place.database).put(corpus);
    const decision = {
      question: 'category',
      answer: 'act',
      confidence: 0.75,
      reasons: ['a deadline'],
    };
    await openDocuments(place.database).decide([
      { ...decision, document: { kind: 'mail', key: 'late' } },
    ]);
    const { hits } = await searchDocuments(place.database, { q: 'quarterly' });
    expect(hits).toMatchObject([
      { kind: 'mail', title: 'The report runs late', at: day(1), decisions: [decision] },
    ]);
    expect(hits[0]!.snippet).toBe(
      `Our ${markStart}quarterly${markEnd} reports are running late, says anna.meyer@mail.example.com.`,
    );
  });

  test.each(['', 'note'])('pages of %j hold each document once', async (q) => {
    const keys = Array.from({ length: 25 }, (_, index) => `${index}`);
    await openDocuments(place.database).put(
      keys.map((key, index) => mail(key, { body: 'note '.repeat(1 + (index % 3)) })),
    );
    const seen = await readPages(place.database, { q, limit: 10 });
    expect(seen.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(new Set(seen.flat())).toEqual(new Set(keys));
  });

  test('a wrong request is refused with every fault', async () => {
    await openDocuments(place.database).put(corpus);
    const wrong = { limit: 500, cursor: 'bm9uc2Vuc2U', from: new Date(Number.NaN) };
    const refusal = searchDocuments(place.database, wrong);
    await expect(refusal).rejects.toMatchObject({ code: 'search.invalid', kind: 'invalid' });
    await expect(refusal).rejects.toThrow(
      /from: .*; limit: .*; cursor: is not one that the page before/,
    );
    await expect(searchDocuments(place.database, { kind: 'mial' })).rejects.toThrow(
      'No document is of kind "mial"; the kinds stored are: article, mail; did you mean "mail"?',
    );
    await expect(searchDocuments(place.database, { kind: "m'\0" })).rejects.toMatchObject({
      code: 'search.kind',
    });
  });

  test('an installation without documents finds nothing, of any kind', async () => {
    expect(await searchDocuments(place.database, { q: 'x', kind: 'mail' })).toEqual({
      hits: [],
      total: 0,
      facets: {},
      cursor: null,
    });
  });
});

describe('both databases', () => {
  const places = databaseKinds.map(useDocuments);

  test('give the same scores in the same order', async () => {
    const [first, second] = await Promise.all(places.map(({ database }) => searchCorpus(database)));
    expect(first).toEqual(second);
  });
});

async function searchCorpus(sql: Sql) {
  await openDocuments(sql).put(corpus);
  const found = [];
  for (const [q] of queries) {
    const { hits, total, facets } = await searchDocuments(sql, { q });
    found.push({
      q,
      total,
      facets,
      hits: hits.map(({ key, score, snippet }) => ({ key, score, snippet })),
    });
  }
  return found;
}

async function readPages(sql: Sql, request: SearchRequest): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await searchDocuments(sql, { ...request, cursor });
    pages.push(page.hits.map(({ key }) => key));
    cursor = page.cursor ?? undefined;
  } while (cursor);
  return pages;
}
