/**
 * The stem of a lower-case English word of the letters a-z, by Porter's second stemmer
 * (snowballstem.org, "english"). It is ours because the one inside Postgres differs between versions,
 * and the embedded database is of another version than a server.
 */
export function stemEnglish(word: string): string {
  if (word.length < 3) return word;
  const irregular = irregulars.get(word);
  if (irregular !== undefined) return irregular;
  const marked = word.replaceAll(/(^|[aeiouy])y/g, '$1Y');
  const regions = findRegions(marked);
  const singular = dropPlural(marked);
  if (unchangedAfterPlural.has(singular)) return singular;
  const base = turnFinalY(dropPast(singular, regions));
  const shorter = steps.reduce((rest, step) => applyStep(rest, step, regions), base);
  return dropFinalLetter(shorter, regions).toLowerCase();
}

/** Where a word's parts begin behind the first, and the second, vowel with its consonant. */
type Regions = readonly [first: number, second: number];

/** What each suffix becomes, where it must lie, and what must stand before it. */
type Step = readonly (readonly [suffix: string, becomes: string, region: 0 | 1, after?: RegExp])[];

const irregulars = new Map([
  ...['skis:ski', 'skies:sky', 'dying:die', 'lying:lie', 'tying:tie', 'idly:idl', 'gently:gentl']
    .concat(['ugly:ugli', 'early:earli', 'only:onli', 'singly:singl'])
    .map((pair) => pair.split(':') as [string, string]),
  ...['sky', 'news', 'howe', 'atlas', 'cosmos', 'bias', 'andes'].map(
    (word) => [word, word] as [string, string],
  ),
]);

const unchangedAfterPlural = new Set([
  'inning',
  'outing',
  'canning',
  'herring',
  'earring',
  'proceed',
  'exceed',
  'succeed',
]);

const endsShort = /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouywxY])$/;

const steps: readonly Step[] = [
  [
    ['ization', 'ize', 0],
    ['ational', 'ate', 0],
    ['fulness', 'ful', 0],
    ['ousness', 'ous', 0],
    ['iveness', 'ive', 0],
    ['tional', 'tion', 0],
    ['biliti', 'ble', 0],
    ['lessli', 'less', 0],
    ['entli', 'ent', 0],
    ['ation', 'ate', 0],
    ['alism', 'al', 0],
    ['aliti', 'al', 0],
    ['ousli', 'ous', 0],
    ['iviti', 'ive', 0],
    ['fulli', 'ful', 0],
    ['enci', 'ence', 0],
    ['anci', 'ance', 0],
    ['abli', 'able', 0],
    ['izer', 'ize', 0],
    ['ator', 'ate', 0],
    ['alli', 'al', 0],
    ['bli', 'ble', 0],
    ['ogi', 'og', 0, /l$/],
    ['li', '', 0, /[cdeghkmnrt]$/],
  ],
  [
    ['ational', 'ate', 0],
    ['tional', 'tion', 0],
    ['alize', 'al', 0],
    ['icate', 'ic', 0],
    ['iciti', 'ic', 0],
    ['ative', '', 1],
    ['ical', 'ic', 0],
    ['ness', '', 0],
    ['ful', '', 0],
  ],
  [
    ...['ement', 'ance', 'ence', 'able', 'ible', 'ment', 'ant', 'ent', 'ism', 'ate', 'iti', 'ous']
      .concat(['ive', 'ize'])
      .map((suffix) => [suffix, '', 1] as const),
    ['ion', '', 1, /[st]$/],
    ...['al', 'er', 'ic'].map((suffix) => [suffix, '', 1] as const),
  ],
];

function findRegions(word: string): Regions {
  const special = /^(?:gener|commun|arsen)/.exec(word);
  const first = special ? special[0].length : behindVowelAndConsonant(word, 0);
  return [first, behindVowelAndConsonant(word, first)];
}

function behindVowelAndConsonant(word: string, from: number): number {
  const match = /[aeiouy][^aeiouy]/.exec(word.slice(from));
  return match ? from + match.index + 2 : word.length;
}

function dropPlural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  return /[aeiouy].+(?<![us])s$/.test(word) ? word.slice(0, -1) : word;
}

function dropPast(word: string, [first]: Regions): string {
  const eed = /eed(?:ly)?$/.exec(word);
  if (eed) return eed.index >= first ? word.slice(0, eed.index + 2) : word;
  const suffix = /(?:ed|ing)(?:ly)?$/.exec(word);
  const rest = word.slice(0, suffix?.index);
  if (!suffix || !/[aeiouy]/.test(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(rest)) return rest.slice(0, -1);
  return first >= rest.length && endsShort.test(rest) ? `${rest}e` : rest;
}

function turnFinalY(word: string): string {
  return word.replace(/(?<=.[^aeiouy])[yY]$/, 'i');
}

function applyStep(word: string, step: Step, regions: Regions): string {
  const rule = step.find(([suffix]) => word.endsWith(suffix));
  if (!rule) return word;
  const [suffix, becomes, region, after] = rule;
  const rest = word.slice(0, -suffix.length);
  if (rest.length < regions[region] || (after && !after.test(rest))) return word;
  return rest + becomes;
}

function dropFinalLetter(word: string, [first, second]: Regions): string {
  const rest = word.slice(0, -1);
  if (word.endsWith('e'))
    return rest.length >= second || (rest.length >= first && !endsShort.test(rest)) ? rest : word;
  return word.endsWith('ll') && rest.length >= second ? rest : word;
}
