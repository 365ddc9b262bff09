import { openConversations } from './conversations.ts';
import type { Draft } from './draft.ts';
import type { Language } from './languages.ts';
import { newsletters, offers } from './letters/bulk.ts';
import { meetings, notices, receipts } from './letters/business.ts';
import { junk, lures, pitches } from './letters/unwanted.ts';
import { composeLetter, type Letter, type Occasion } from './letters.ts';
import { createStranger, owner, type Person } from './people.ts';
import type { Random } from './random.ts';

/** Writes one draft after another; `number` goes into the Message-ID and keeps it unique. */
export type Drafting = (sentMs: number, number: number) => Draft;

/** A source of drafts of all categories, with threads that go on. */
export function createDrafting(random: Random, cast: readonly Person[]): Drafting {
  const conversations = openConversations(random, cast);
  return (sentMs, number) => {
    const kind = random.weighted(shares);
    const createId = (sender: Person) => `${number}.${random.hex(12)}@${domainOf(sender)}`;
    if (kind === 'conversation') return conversations.write(sentMs, createId);
    const letter = random.pick(lettersOf[kind]);
    const sender = pickSender(random, letter, { cast, number });
    const occasion: Occasion = { random, sender, language: letter.language, sentMs };
    const { subject, text } = composeLetter(letter, occasion);
    const common = { category: kind, recipient: owner, references: [] } as const;
    return { ...common, id: createId(sender), sender, language: letter.language, subject, text };
  };
}

const shares = {
  conversation: 38,
  newsletter: 10,
  marketing: 10,
  receipt: 9,
  calendar: 5,
  notification: 13,
  cold: 4,
  spam: 8,
  phishing: 3,
};

const lettersOf: Readonly<Record<Exclude<keyof typeof shares, 'conversation'>, readonly Letter[]>> =
  {
    newsletter: newsletters,
    marketing: offers,
    receipt: receipts,
    calendar: meetings,
    notification: notices,
    cold: pitches,
    spam: junk,
    phishing: lures,
  };

/** The named sender of a letter, or somebody of the cast for a meeting, or a stranger. */
function pickSender(
  random: Random,
  letter: Letter,
  { cast, number }: { cast: readonly Person[]; number: number },
): Person {
  const { language, senders } = letter;
  if (senders) return parsePerson(random.pick(senders), language);
  const known = cast.filter((person) => person.language === language);
  const isMeeting = meetings.includes(letter) && known.length > 0;
  return isMeeting ? random.pick(known) : createStranger(random, number, language);
}

function parsePerson(text: string, language: Language): Person {
  const [name = '', address = ''] = text.slice(0, -1).split(' <');
  return { name, address, language };
}

function domainOf({ address }: Person): string {
  return address.slice(address.indexOf('@') + 1);
}
