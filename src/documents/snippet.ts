import type { Query } from './query.ts';
import { lexemeOf, splitWords } from './words.ts';

/** Stand around each found word of a snippet: control characters, so that escaping leaves them and no text holds them. */
export const markStart = '\u0002';
export const markEnd = '\u0003';

/**
 * The part of `text` (about 240 characters) where most different asked words stand together, on one
 * line, each found word between `markStart` and `markEnd`; the beginning where nothing is found.
 */
export function makeSnippet(text: string, marks: Query['marks']): string {
  const clean = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const found = findMarks(clean, marks);
  const window = chooseWindow(clean, found);
  const inside = found.filter((mark) => mark.start >= window.start && mark.end <= window.end);
  const pieces = [window.start > 0 ? '… ' : ''];
  let from = window.start;
  for (const { start, end } of joinMarks(inside)) {
    pieces.push(clean.slice(from, start), markStart, clean.slice(start, end), markEnd);
    from = end;
  }
  pieces.push(clean.slice(from, window.end), window.end < clean.length ? ' …' : '');
  return pieces.join('');
}

const width = 240;

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly lexeme: string;
}

function findMarks(text: string, { lexemes, prefixes }: Query['marks']): Mark[] {
  if (lexemes.size === 0 && prefixes.length === 0) return [];
  const marks: Mark[] = [];
  const matching = new Map<string, string | undefined>();
  for (const { text: word, start, end } of splitWords(text)) {
    if (!matching.has(word))
      matching.set(
        word,
        [word, lexemeOf(word)].find((lexeme) => lexemes.has(lexeme)) ??
          prefixes.find((prefix) => word.startsWith(prefix)),
      );
    const lexeme = matching.get(word);
    if (lexeme !== undefined) marks.push({ start, end, lexeme });
  }
  return marks;
}

/** The span that begins a little before the mark from which the most different lexemes are in reach. */
function chooseWindow(text: string, marks: readonly Mark[]): { start: number; end: number } {
  let best = { start: 0, count: 0 };
  const inReach = new Map<string, number>();
  let last = 0;
  for (const first of marks) {
    for (; last < marks.length && marks[last]!.end <= first.start + width * 0.8; last++)
      inReach.set(marks[last]!.lexeme, (inReach.get(marks[last]!.lexeme) ?? 0) + 1);
    if (inReach.size > best.count) best = { start: first.start, count: inReach.size };
    const left = (inReach.get(first.lexeme) ?? 1) - 1;
    if (left > 0) inReach.set(first.lexeme, left);
    else inReach.delete(first.lexeme);
  }
  if (text.length <= width) return { start: 0, end: text.length };
  const start = Math.max(0, Math.min(best.start - Math.round(width * 0.2), text.length - width));
  return {
    start: toWordStart(text, start),
    end: toWordEnd(text, Math.min(text.length, start + width)),
  };
}

/** The first place behind a space in the next few characters, else `from`, but never between two halves of a character. */
function toWordStart(text: string, from: number): number {
  if (from === 0) return 0;
  const space = text.slice(from - 1, from + 20).indexOf(' ');
  return space === -1 ? offHalf(text, from) : from + space;
}

function toWordEnd(text: string, to: number): number {
  if (to === text.length) return to;
  const space = text.slice(to - 20, to + 1).lastIndexOf(' ');
  return space === -1 ? offHalf(text, to) : to - 20 + space;
}

function offHalf(text: string, index: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(index)) ? index - 1 : index;
}

/** Marks that touch or overlap, as pairs of characters do, become one. */
function joinMarks(marks: readonly Mark[]): { start: number; end: number }[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of marks) {
    const previous = joined.at(-1);
    if (previous && start <= previous.end) previous.end = Math.max(previous.end, end);
    else joined.push({ start, end });
  }
  return joined;
}
