import { franc } from 'franc';

const likely = [
  'eng',
  'deu',
  'fra',
  'spa',
  'ita',
  'por',
  'nld',
  'swe',
  'dan',
  'pol',
  'rus',
  'ukr',
  'tur',
  'ces',
  'jpn',
  'cmn',
  'kor',
  'arb',
  'ell',
  'heb',
];
const englishWords = /\b(?:the|and|you|for|that|with|this|have|are|is|of|to|in|it|not|your|we)\b/gi;

/** The language of a text as ISO 639-3 (`eng`, `deu`), or `und` when it is too short to tell. */
export function findLanguage(text: string): string {
  const start = text.slice(0, 400).replaceAll(/(?:https?:|www\.)\S*|@/g, ' ');
  // Trigrams cost a hundred times more than counting the words that only English has so often.
  const words = start.split(/\s+/).length;
  if (words >= 8 && (start.match(englishWords)?.length ?? 0) / words > 0.1) return 'eng';
  return franc(start, { minLength: 20, only: likely });
}
