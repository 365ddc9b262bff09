import { type Language, languages } from './languages.ts';
import { owner, type Person } from './people.ts';
import type { Random } from './random.ts';

/** A letter to be composed: one of the subjects, then one text of each group of paragraphs, slots in braces. */
export interface Letter {
  readonly language: Language;
  /** Who sends it, as `Name <address>`, where it is not a correspondent. */
  readonly senders?: readonly string[];
  readonly subjects: readonly string[];
  readonly paragraphs: readonly (readonly string[])[];
}

/** Who writes, when, and in what words. */
export interface Occasion {
  readonly random: Random;
  readonly sender: Person;
  readonly language: Language;
  readonly sentMs: number;
}

/** The subject and text of a letter; a slot has one value in all of it, an empty paragraph is left out. */
export function composeLetter(
  letter: Letter,
  occasion: Occasion,
): { subject: string; text: string } {
  const { random } = occasion;
  const paragraphs = letter.paragraphs.map((group) => random.pick(group)).filter(Boolean);
  const fill = createFilling(occasion);
  return {
    subject: fill(random.pick(letter.subjects)),
    text: `${fill(paragraphs.join('\n\n'))}\n`,
  };
}

/** A function that puts a fitting word or number in place of each `{slot}`, the same for the same slot. */
export function createFilling(occasion: Occasion): (template: string) => string {
  const chosen = new Map<string, string>();
  const valueOf = (name: string): string => {
    const value = chosen.get(name) ?? slots[name]?.(occasion) ?? `{${name}}`;
    chosen.set(name, value);
    return value;
  };
  return (template) => template.replaceAll(/\{(\w+)\}/g, (_, name: string) => valueOf(name));
}

const dayMs = 86_400_000;

const slots: Readonly<Record<string, (occasion: Occasion) => string>> = {
  n: ({ random }) => String(random.between(2, 48)),
  ref: ({ random }) => String(random.between(10_000, 99_999)),
  time: ({ random }) =>
    `${String(random.between(5, 18)).padStart(2, '0')}:${random.pick(['00', '15', '30', '45'])}`,
  amount: ({ random, language }) => formatAmount(random.between(1200, 480_000), language),
  weekday: ({ random, language }) => random.pick(languages[language].weekdays),
  date: (occasion) => formatDate(occasion),
  goods: ({ random, language }) => random.pick(languages[language].goods),
  place: ({ random, language }) => random.pick(languages[language].places),
  town: ({ random }) => random.pick(languages.en.places),
  owner: () => owner.name.split(' ')[0] ?? owner.name,
  sender: ({ sender }) => sender.name,
  address: ({ sender }) => sender.address,
  domain: ({ sender }) => sender.address.split('@')[1] ?? '',
  code: ({ random }) => random.hex(8),
};

/** A day three to sixteen days after the mail, as the language writes it. */
function formatDate({ random, language, sentMs }: Occasion): string {
  const day = new Date(sentMs + random.between(3, 16) * dayMs);
  const { date, months } = languages[language];
  return date
    .replace('{d}', String(day.getUTCDate()))
    .replace('{m}', months[day.getUTCMonth()] ?? '');
}

function formatAmount(cents: number, language: Language): string {
  const whole = String(Math.floor(cents / 100));
  const isPoint = ['en', 'ja', 'zh', 'tw', 'ar'].includes(language);
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, isPoint ? ',' : '.');
  return `${grouped}${isPoint ? '.' : ','}${String(cents % 100).padStart(2, '0')}`;
}
