import { lexemeOf, splitWords } from './words.ts';

/** How many words of a document are indexed, title first; the body is kept whole. Postgres counts positions no further. */
const indexedWords = 16_383;

/** A document's text as a tsvector literal, and how many words went into it. */
export interface IndexedText {
  readonly lexemes: string;
  readonly length: number;
}

/**
 * Indexes title (weight A) and body: each word as it is and, for English, its marked stem. Ends at
 * `indexedWords`, or before the megabyte that a tsvector may have.
 */
export function indexText(title: string, body: string): IndexedText {
  const positions = new Map<string, string[]>();
  const titleEnd = addWords(positions, { text: title, from: 1, to: titleWords, weight: 'A' });
  const end = addWords(positions, { text: body, from: titleEnd + 1, to: indexedWords, weight: '' });
  const lexemes = [...positions].map(([lexeme, places]) => `'${lexeme}':${places.join(',')}`);
  return { lexemes: lexemes.join(' '), length: end - 1 };
}

const titleWords = 1000;
// Postgres allows 1 MB of lexemes with their positions; this is the size of all entries, so the parts stay below.
const sizeLimit = 1_000_000;
// Postgres keeps no more positions of one lexeme.
const placesLimit = 255;

interface Part {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly weight: string;
}

/** Adds the words at the positions `from` … `to`, and returns the first position left free. */
function addWords(positions: Map<string, string[]>, { text, from, to, weight }: Part): number {
  let size = [...positions.keys()].reduce((sum, lexeme) => sum + sizeOf(lexeme), 0);
  let position = from;
  const forms = new Map<string, readonly string[]>();
  for (const word of splitWords(text)) {
    if (position > to || size > sizeLimit) break;
    for (const lexeme of formsOf(word.text, forms)) {
      const places = positions.get(lexeme);
      if (!places) {
        positions.set(lexeme, [`${position}${weight}`]);
        size += sizeOf(lexeme);
      } else if (places.length < placesLimit) {
        places.push(`${position}${weight}`);
        size += 2;
      }
    }
    position += 1;
  }
  return position;
}

/** A word as it is and as its marked stem; `known` spares stemming the same word again. */
function formsOf(word: string, known: Map<string, readonly string[]>): readonly string[] {
  const forms = known.get(word) ?? [...new Set([word, lexemeOf(word)])];
  known.set(word, forms);
  return forms;
}

/** Bytes of a lexeme with one position, and the padding before it. */
function sizeOf(lexeme: string): number {
  return Buffer.byteLength(lexeme) + 6;
}
