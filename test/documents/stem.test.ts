import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stemEnglish } from '../../src/documents/stem.ts';
import { isStopWord } from '../../src/documents/words.ts';
import { useDocuments } from './corpus.ts';

const place = useDocuments('postgres');

test('words in all their forms have one stem', () => {
  const connected = ['connect', 'connected', 'connecting', 'connection', 'connections'];
  expect(new Set(connected.map(stemEnglish))).toEqual(new Set(['connect']));
  expect(['skies', 'dying', 'news', 'generously', 'proceed'].map(stemEnglish)).toEqual([
    'sky',
    'die',
    'news',
    'generous',
    'proceed',
  ]);
});

test('a stem is the one Postgres has, for any word made of English endings', async () => {
  const words = fc.sample(wordArbitrary, { numRuns: 20_000, seed: 7 });
  const rows = await place.database.query<{ word: string; stem: string | null }>(
    `select word, (ts_lexize('english_stem', word))[1] as stem from unnest($1::text[]) as word`,
    [words],
  );
  const stems = rows.map(({ word, stem }) => ({ word, stem: isStopWord(word) ? null : stem }));
  const ours = rows.map(({ word }) => ({
    word,
    stem: isStopWord(word) ? null : stemEnglish(word),
  }));
  expect(ours).toEqual(stems);
  expect(rows.filter(({ word, stem }) => isStopWord(word) !== (stem === null))).toEqual([]);
});

const endings =
  `s ed ing ly eed eedly edly ingly y tional enci anci abli entli izer ization ational ation ator
  alism aliti alli fulness ousli ousness iveness iviti biliti bli logi fulli lessli li alize icate iciti ical
  ful ness ative al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize sion tion e l ies
  sses us ying`.split(/\s+/);
const beginnings =
  `rel oper gener commun arsen hop hopp ski sky tan fall fail b by yes say toy boy think the
  of inn out cann herr ear proc exc succ dif ab troubl confl siz fil fizz was has do be`.split(
    /\s+/,
  );

const wordArbitrary = fc
  .tuple(
    fc.oneof(fc.constantFrom(...beginnings), fc.stringMatching(/^[a-z]{1,7}$/)),
    fc.array(fc.constantFrom(...endings), { maxLength: 2 }),
  )
  .map(([beginning, ends]) => beginning + ends.join(''));
