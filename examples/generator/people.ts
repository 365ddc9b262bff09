import type { Language } from './languages.ts';
import type { Random } from './random.ts';

/** Somebody who writes mails. */
export interface Person {
  readonly name: string;
  readonly address: string;
  readonly language: Language;
}

/** The person whose inbox is generated; the same as in the sample mailbox. */
export const owner: Person = {
  name: 'Ida Moreland',
  address: 'ida.moreland@skerry-freight.test',
  language: 'en',
};

/** A cast of `count` people: a fifth are colleagues, the others write any language, each of them somebody. */
export function createCast(random: Random, count: number): Person[] {
  return Array.from({ length: count }, (_, at) => {
    const isColleague = at >= everyLanguage.length && at % 5 === 0;
    return isColleague ? createColleague(random, at) : createCorrespondent(random, at);
  });
}

/** Somebody Ida has never met. `at` keeps addresses apart. */
export function createStranger(random: Random, at: number, language: Language): Person {
  const [given, family, local] = random.pick(names[language]);
  const domain = `${random.pick(firstHalves)}${random.pick(secondHalves)}-${at}.test`;
  return { name: `${given} ${family}`, address: `${local}@${domain}`, language };
}

function createColleague(random: Random, at: number): Person {
  const [given, family, local] = random.pick(names.en);
  return {
    name: `${given} ${family}`,
    address: `${local}.${at}@skerry-freight.test`,
    language: 'en',
  };
}

function createCorrespondent(random: Random, at: number): Person {
  const language = everyLanguage[at] ?? random.weighted(shares);
  const [given, family, local] = random.pick(names[language]);
  const company = `${random.pick(firstHalves)}-${random.pick(secondHalves)}`;
  const domain = random.pick(['test', 'example.com', 'example.net', 'example.org']);
  const name = familyFirst.has(language) ? `${family} ${given}` : `${given} ${family}`;
  return { name, address: `${local}.${at}@${company}.${domain}`, language };
}

const shares: Record<Language, number> = {
  en: 38,
  de: 12,
  fr: 8,
  es: 6,
  pt: 5,
  it: 5,
  pl: 5,
  ru: 5,
  ja: 6,
  zh: 4,
  tw: 3,
  ar: 3,
};

const everyLanguage = Object.keys(shares) as Language[];

const familyFirst = new Set<Language>(['ja', 'zh', 'tw']);

const firstHalves = [
  'amber',
  'birch',
  'cobble',
  'dunlin',
  'ember',
  'fallow',
  'gannet',
  'hazel',
  'isle',
  'juniper',
  'kelp',
  'linden',
  'marram',
  'nettle',
  'otter',
  'pebble',
  'quill',
  'rowan',
  'sedge',
  'thistle',
];
const secondHalves = [
  'bakery',
  'ceramics',
  'chilled',
  'foods',
  'forwarding',
  'glass',
  'joinery',
  'linen',
  'lines',
  'nursery',
  'packaging',
  'paper',
  'parts',
  'tools',
  'traders',
  'works',
];

type Name = readonly [given: string, family: string, local: string];

const names: Readonly<Record<Language, readonly Name[]>> = {
  en: [
    ['Beatrix', 'Vane', 'b.vane'],
    ['Gareth', 'Pruett', 'gareth'],
    ['Ngozi', 'Eze', 'ngozi.eze'],
    ['Alun', 'Whitcombe', 'alun'],
    ['Sunita', 'Rao', 's.rao'],
    ['Moira', 'Tulloch', 'moira'],
    ['Desmond', 'Achebe', 'd.achebe'],
    ['Siobhan', "O'Rourke", 'siobhan'],
    ['Tobias', 'Fenn', 'tfenn'],
    ['Renée', 'Hartigan', 'renee'],
  ],
  de: [
    ['Jörg', 'Rüdenberg', 'ruedenberg'],
    ['Henrike', 'Voß', 'h.voss'],
    ['Bastian', 'Krol', 'krol'],
    ['Käthe', 'Mühlbauer', 'k.muehlbauer'],
    ['Ansgar', 'Plötz', 'ploetz'],
  ],
  fr: [
    ['Élodie', 'Charbonnel', 'elodie'],
    ['François', 'Delahaye', 'f.delahaye'],
    ['Noémie', 'Lefœuvre', 'noemie'],
    ['Régis', 'Aubry', 'r.aubry'],
  ],
  es: [
    ['Íñigo', 'Larrañaga', 'ilarranaga'],
    ['Concepción', 'Muñoz', 'c.munoz'],
    ['Joaquín', 'Peñalver', 'joaquin'],
    ['Nerea', 'Solís', 'nerea'],
  ],
  pt: [
    ['Tiago', 'Sequeira', 'tiago'],
    ['Conceição', 'Valadão', 'c.valadao'],
    ['João', 'Brandão', 'joao'],
    ['Inês', 'Queirós', 'ines'],
  ],
  it: [
    ['Giulia', 'Bellandi', 'g.bellandi'],
    ['Niccolò', 'Ferraris', 'niccolo'],
    ['Piera', 'Zanetti', 'p.zanetti'],
  ],
  pl: [
    ['Paweł', 'Wiśniewski', 'p.wisniewski'],
    ['Małgorzata', 'Zięba', 'm.zieba'],
    ['Łukasz', 'Gołąb', 'lukasz'],
  ],
  ru: [
    ['Ольга', 'Саенко', 'o.sayenko'],
    ['Тимур', 'Ахметов', 't.akhmetov'],
    ['Вера', 'Щукина', 'vera'],
  ],
  ar: [
    ['كريم', 'منصور', 'k.mansour'],
    ['ليلى', 'حداد', 'layla'],
  ],
  ja: [
    ['恵', '佐々木', 'sasaki'],
    ['健太', '渡辺', 'k.watanabe'],
    ['由美', '小林', 'kobayashi'],
  ],
  zh: [
    ['晓彤', '林', 'lin.xt'],
    ['建国', '周', 'zhou.jg'],
    ['敏', '黄', 'huangmin'],
  ],
  tw: [
    ['怡君', '陳', 'yichun'],
    ['志豪', '張', 'c.chang'],
  ],
};
