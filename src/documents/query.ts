import { isStopWord, lexemeOf, splitWords, type Word } from './words.ts';

/** What a person asked for. */
export interface Query {
  /** The tsquery that a document must match; empty when there is none. */
  readonly filter: string;
  /** The tsqueries that rank: a document is better for each of these that it matches. */
  readonly terms: readonly string[];
  /** The lexemes to mark in a snippet, and the beginnings of lexemes. */
  readonly marks: { readonly lexemes: ReadonlySet<string>; readonly prefixes: readonly string[] };
  /** True when something was asked and there is no word in it. */
  readonly isWordless: boolean;
}

/**
 * Reads a question: words are joined by OR, a `"quoted phrase"` must match, `-word` and `-"phrase"` exclude,
 * `begin*` matches what begins so. An address, a number or a code (`a@b.example`, `1.5`, `ABC-12`) counts as one
 * term, its parts side by side. Stop words count only where nothing else was asked; of more than 64 terms the rest
 * is ignored.
 */
export function parseQuery(text: string): Query {
  const clauses = [...text.replaceAll(/[“”„‟]/g, '"').matchAll(clausePattern)].map(readClause);
  const phrases = termsOf(clauses, 'phrase').slice(0, termLimit);
  const excluded = termsOf(clauses, 'excluded').slice(0, termLimit);
  const words = chooseWords(termsOf(clauses, 'words'), phrases.length > 0);
  const wanted = [...phrases, ...words];
  const found = phrases.length > 0 ? phrases.map(tsqueryOf) : [words.map(tsqueryOf).join(' | ')];
  const must = [
    ...found.filter((part) => part !== ''),
    ...excluded.map((term) => `!(${tsqueryOf(term)})`),
  ];
  return {
    filter: must.map((part) => `(${part})`).join(' & '),
    terms: [...new Set(wanted.map(tsqueryOf))],
    marks: marksOf(wanted),
    isWordless: must.length === 0 && text.trim() !== '',
  };
}

/** One word, or several that stand side by side. */
interface Term {
  readonly units: readonly Unit[];
  readonly isExact: boolean;
  readonly isPrefix: boolean;
}

/** A word with its place in the question. */
interface Unit extends Word {
  readonly position: number;
}

interface Clause {
  readonly role: 'phrase' | 'excluded' | 'words';
  readonly terms: readonly Term[];
}

const termLimit = 64;
// A run of up to four characters (three pairs) is a word; a longer one is a sentence, whose pairs count singly.
const pairsOfWord = 3;
const clausePattern = /(?<not>-?)"(?<quoted>[^"]*)"|(?<without>-(?=[\p{L}\p{N}]))?(?<plain>\S+)/gu;

function readClause({ groups = {} }: RegExpExecArray): Clause {
  const isQuoted = groups['quoted'] !== undefined;
  const isExcluded = Boolean(groups['not']) || groups['without'] !== undefined;
  const text = (groups['quoted'] ?? groups['plain'] ?? '').trim();
  const units = [...splitWords(text)].map((word, position) => ({ ...word, position }));
  const isPrefix = /[\p{L}\p{N}\p{M}]\*$/u.test(text);
  const term = { units: withoutLast(units), isExact: isQuoted, isPrefix };
  const role = isExcluded ? 'excluded' : isQuoted ? 'phrase' : 'words';
  if (units.length === 0) return { role, terms: [] };
  return { role, terms: role === 'words' && !isCode(text) ? splitTerm(term) : [term] };
}

function isCode(text: string): boolean {
  return /[\p{N}@._:#=&%]/u.test(text.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''));
}

/** The end of a run is indexed for those who ask for one character; beside the run's pairs it says nothing. */
function withoutLast(units: readonly Unit[]): readonly Unit[] {
  return units.filter((unit, index) => unit.kind !== 'last' || units[index - 1]?.kind !== 'pair');
}

function splitTerm({ units, isPrefix }: Term): Term[] {
  const groups: Unit[][] = [];
  for (const unit of units) {
    const group = groups.at(-1);
    const isRun = unit.kind === 'pair' && group?.at(-1)?.kind === 'pair';
    if (isRun && group?.at(-1)?.position === unit.position - 1) group.push(unit);
    else groups.push([unit]);
  }
  const split = groups.flatMap((group) =>
    group.length <= pairsOfWord ? [group] : group.map((unit) => [unit]),
  );
  return split.map((group, index) => ({
    units: group,
    isExact: false,
    isPrefix: isPrefix && index === split.length - 1,
  }));
}

function termsOf(clauses: readonly Clause[], role: Clause['role']): Term[] {
  return clauses.filter((clause) => clause.role === role).flatMap(({ terms }) => terms);
}

function chooseWords(words: readonly Term[], hasPhrase: boolean): Term[] {
  const telling = words.filter((term) => term.units.some(({ text }) => !isStopWord(text)));
  return (telling.length > 0 || hasPhrase ? telling : [...words]).slice(0, termLimit);
}

function tsqueryOf({ units, isExact, isPrefix }: Term): string {
  if (units.length === 1 && !isExact && !isPrefix && units[0]!.kind !== 'last')
    return `'${lexemeOf(units[0]!.text)}'`;
  return units.reduce((phrase, { text, kind, position }, index) => {
    const isOpen = kind === 'last' || (isPrefix && index === units.length - 1);
    const lexeme = `'${text}'${isOpen ? ':*' : ''}`;
    return index === 0 ? lexeme : `${phrase} <${position - units[index - 1]!.position}> ${lexeme}`;
  }, '');
}

function marksOf(terms: readonly Term[]): Query['marks'] {
  const lexemes = new Set<string>();
  const prefixes: string[] = [];
  for (const { units, isExact, isPrefix } of terms) {
    for (const [index, { text, kind }] of units.entries()) {
      if (kind === 'last' || (isPrefix && index === units.length - 1)) prefixes.push(text);
      else lexemes.add(isExact || units.length > 1 ? text : lexemeOf(text));
    }
  }
  return { lexemes, prefixes };
}
