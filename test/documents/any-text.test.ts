import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDocuments, searchDocuments } from '../../src/documents/index.ts';
import { splitWords } from '../../src/documents/words.ts';
import { databaseKinds } from '../support/database.ts';
import { mail, useDocuments } from './corpus.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.lorem({ maxCount: 2 }), { maxLength: 5 }).map((words) => words.join(' ')),
  fc
    .array(fc.oneof(fc.emailAddress(), fc.webUrl(), fc.ipV6()), { maxLength: 3 })
    .map((parts) => parts.join(', ')),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
);

describe.each(databaseKinds)('any text on %s', (kind) => {
  const place = useDocuments(kind);

  test('can be put, and is found by its words and by a piece of itself', async () => {
    const documents = openDocuments(place.database);
    let key = 0;
    await fc.assert(
      fc.asyncProperty(text, text, async (title, body) => {
        key += 1;
        await documents.put([mail(`${key}`, { title, body, facets: { number: `${key}` } })]);
        const words = [...splitWords(title), ...splitWords(body)];
        const asked = [...new Set(words.map((word) => word.text))].slice(0, 3);
        for (const q of [...asked, ...asked.map((word) => `"${word}"`), `"${firstWords(body)}"`]) {
          if ([...splitWords(q)].length === 0) continue;
          const { hits } = await searchDocuments(place.database, {
            q,
            facets: { number: `${key}` },
          });
          expect([q, ...hits.map((hit) => hit.key)]).toEqual([q, `${key}`]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('can be asked, whatever it is', async () => {
    await openDocuments(place.database).put([mail('a', { body: 'words' })]);
    await fc.assert(
      fc.asyncProperty(text, async (q) => {
        expect((await searchDocuments(place.database, { q })).total).toBeLessThan(2);
      }),
      { numRuns: 60 },
    );
  });
});

/** What one would copy out of a text to look for it: its first whole words, without quotes. */
function firstWords(body: string): string {
  const line = body.split(/["“”„‟]/)[0]!;
  return line.slice(0, [...splitWords(line)].slice(0, 5).at(-1)?.end).toWellFormed();
}
