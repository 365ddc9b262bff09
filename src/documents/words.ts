import { stemEnglish } from './stem.ts';

/** One indexed position of a text: a word, or a pair of characters where a script writes no spaces. */
export interface Word {
  /** Folded: lower case, without accents, compatibility forms resolved. */
  readonly text: string;
  /** Where it stands in the text as it was given. */
  readonly start: number;
  readonly end: number;
  /** `pair` and, for the last character of a run, `last`: scripts without spaces. */
  readonly kind: 'word' | 'pair' | 'last';
}

/**
 * The words of a text in order, the same for what is stored and what is asked: runs of letters, digits
 * and marks, so that addresses and host names fall into their parts; Chinese, Japanese, Korean, Thai and
 * their like as overlapping pairs. A word is at most 64 characters; what is longer is cut.
 */
export function* splitWords(text: string): Generator<Word> {
  for (const match of text.matchAll(runPattern)) {
    const span = { start: match.index, end: match.index + match[0].length };
    if (isAscii(match[0])) yield { text: cutWord(match[0].toLowerCase()), ...span, kind: 'word' };
    else yield* foldedWords(match, span);
  }
}

/** The lexeme by which a word is found in all its forms: a marked stem, or the word itself where English has no say. */
export function lexemeOf(word: string): string {
  return /^[a-z]{3,}$/.test(word) && !stopWords.has(word) ? `~${stemEnglish(word)}` : word;
}

/** True for the English words that say nothing about what a text is about (snowballstem.org, "english"). */
export function isStopWord(word: string): boolean {
  return stopWords.has(word);
}

const unspaced = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;
const inWords = String.raw`[\p{L}\p{N}\p{M}\u00ad\u200c\u200d]`;
// Bounded, because a run of megabytes (a file in base64) would be more than the stack of the expression takes.
const runPattern = new RegExp(
  `([${inWords}&&${unspaced}]{1,1000})|[${inWords}--${unspaced}]{1,1000}`,
  'gv',
);

const undecomposed: Record<string, string> = Object.fromEntries(
  'ß:ss æ:ae œ:oe ø:o ł:l đ:d ð:d þ:th ı:i ς:σ'.split(' ').map((pair) => pair.split(':')),
);

const wordLimit = 64;

const stopWords = new Set(
  `i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
  herself it its itself they them their theirs themselves what which who whom this that these those am is are
  was were be been being have has had having do does did doing a an the and but if or because as until while
  of at by for with about against between into through during before after above below to from up down in out
  on off over under again further then once here there when where why how all any both each few more most
  other some such no nor not only own same so than too very s t can will just don should now`.split(
    /\s+/,
  ),
);

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The words of one run. Folding may bring a separator to light, as in the ligature of a whole phrase. */
function* foldedWords([run, unspacedRun]: RegExpExecArray, span: Span): Generator<Word> {
  for (const part of foldText(run).match(runPattern) ?? []) {
    if (unspacedRun !== undefined) yield* pairsOf(part, span);
    else yield { text: cutWord(part), ...span, kind: 'word' };
  }
}

/** `text` in the form in which words are compared: case, accents and compatibility forms folded. */
function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f\u00ad\u200c\u200d]/g, '')
    .normalize('NFC')
    .replaceAll(/[ßæœøłđðþıς]/g, (letter) => undecomposed[letter]!);
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function* pairsOf(run: string, span: Span): Generator<Word> {
  const characters = Array.from(run);
  const isAligned = run.length === span.end - span.start;
  let start = span.start;
  for (const [index, character] of characters.entries()) {
    const next = characters[index + 1];
    const text = character + (next ?? '');
    const end = isAligned ? start + text.length : span.end;
    yield { text, start, end, kind: next === undefined ? 'last' : 'pair' };
    if (isAligned) start += character.length;
  }
}

function cutWord(word: string): string {
  return word.length <= wordLimit ? word : word.slice(0, wordLimit).replace(/[\uD800-\uDBFF]$/, '');
}
