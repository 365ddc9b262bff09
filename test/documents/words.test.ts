import { expect, test } from 'vitest';
import { parseQuery } from '../../src/documents/query.ts';
import { makeSnippet, markEnd, markStart } from '../../src/documents/snippet.ts';
import { splitWords } from '../../src/documents/words.ts';

const wordsOf = (text: string) => [...splitWords(text)].map((word) => word.text);

const snippetOf = (text: string, q: string) =>
  makeSnippet(text, parseQuery(q).marks).replaceAll(markStart, '[').replaceAll(markEnd, ']');

test.each([
  ['Anna.Meyer@mail.example.com', ['anna', 'meyer', 'mail', 'example', 'com']],
  ['Straße, Ærø, Łódź, İstanbul', ['strasse', 'aero', 'lodz', 'istanbul']],
  ['Ａｐｐｌｅ ﬁle', ['apple', 'file']],
  ['co\u00adoperate', ['cooperate']],
  ['東京都', ['東京', '京都', '都']],
  ['ﾊﾞｽ tour', ['バス', 'ス', 'tour']],
  ['서울에서', ['서울', '울에', '에서', '서']],
  ['ΟΔΟΣ οδος', ['οδοσ', 'οδοσ']],
  ['½ 🎉 —', ['1', '2']],
])('%s falls into %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test('each word knows where it stands in the text as it was given', () => {
  const text = 'Grüße aus 東京';
  expect([...splitWords(text)].map(({ start, end }) => text.slice(start, end))).toEqual([
    'Grüße',
    'aus',
    '東京',
    '京',
  ]);
});

test('stop words count only where nothing else is asked', () => {
  expect(parseQuery('how to install the kernel').terms).toEqual(["'~instal'", "'~kernel'"]);
  expect(parseQuery('to be').terms).toEqual(["'to'", "'be'"]);
});

test('quotes bind, a minus excludes, a star leaves the end open', () => {
  const { filter } = parseQuery('“Annual report” draft -spam -"old news" inst*');
  expect(filter).toBe("('annual' <1> 'report') & (!('~spam')) & (!('old' <1> 'news'))");
  expect(parseQuery('inst*').filter).toBe("('inst':*)");
});

test('a quote that is never closed is no quote', () => {
  expect(parseQuery('say "hello').terms).toEqual(["'~say'", "'~hello'"]);
});

test('a snippet shows where most of the words stand together, on one line', () => {
  const text = `Kernel.\n${'filler '.repeat(100)}install\nthe  kernel today ${'filler '.repeat(100)}`;
  const snippet = snippetOf(text, 'install kernel');
  expect(snippet).toContain('[install] the [kernel] today');
  expect(snippet).toMatch(/^… filler/);
  expect(snippet.length).toBeLessThan(270);
});

test('text cannot forge the marks of a snippet', () => {
  expect(snippetOf(`${markStart}evil${markEnd} word`, 'word')).toBe('evil [word]');
});

test('a snippet never cuts a character in two', () => {
  const snippet = snippetOf('𠮷'.repeat(500), '');
  expect(snippet.isWellFormed()).toBe(true);
});
