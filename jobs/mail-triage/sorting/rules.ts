import { weighCold } from './cold-signs.ts';
import type { Facts } from './facts.ts';
import type { Category, Evidence } from './judgement.ts';
import { phrases } from './phrases.ts';
import { weighSpam } from './spam-signs.ts';

/** One piece of evidence for one category. */
export interface Rule {
  readonly category: Exclude<Category, 'unsure'>;
  weigh(facts: Facts): Evidence | undefined;
}

/** Only this much surer than a coin toss, an action counts as a question to the reader. */
const sureAction = 0.8;
const phishingCut = 2;

/** What speaks for which category, and how much; weighed by hand, each with its reason in words. */
export const rules: readonly Rule[] = [
  { category: 'phishing', weigh: weighPhishing },
  ...explainedSigns(),
  { category: 'spam', weigh: weighSpam },
  { category: 'cold', weigh: weighCold },
  {
    category: 'calendar',
    weigh: ({ mail }) =>
      when(
        mail.contentTypes.includes('text/calendar') ||
          mail.attachments.some(({ name }) => /\.ics$/i.test(name)),
        2.5,
        'carries a calendar entry',
      ),
  },
  {
    category: 'calendar',
    weigh: ({ mail }) =>
      when(
        phrases.calendarSubject.test(mail.subject.toLowerCase()),
        1.2,
        'the subject is that of an invitation or its answer',
      ),
  },
  { category: 'receipt', weigh: weighReceipt },
  {
    category: 'receipt',
    weigh: ({ said, isDiscussion }) =>
      isDiscussion ? undefined : quoted(phrases.total.exec(said), 0.6, 'adds up an amount'),
  },
  {
    category: 'marketing',
    weigh: ({ mail, isBulk, isDiscussion }) =>
      when(
        isBulk && !isDiscussion && mail.headers.has('list-unsubscribe'),
        0.5,
        'has a List-Unsubscribe header',
      ),
  },
  {
    category: 'marketing',
    weigh: (facts) => {
      if (facts.isReply || facts.isDiscussion || (isPersonal(facts) && !facts.isRole))
        return undefined;
      const hits = facts.said.match(phrases.marketing) ?? [];
      if (hits.length === 0) return undefined;
      const weight = Math.min(1.6, 0.6 + 0.3 * hits.length);
      return { weight, reason: `wants to sell: “${shorten(hits[0]!)}”` };
    },
  },
  {
    category: 'newsletter',
    weigh: ({ mail, isBulk, isDiscussion }) =>
      when(
        isBulk && !isDiscussion && mail.headers.has('list-unsubscribe'),
        0.9,
        'has a List-Unsubscribe header',
      ),
  },
  {
    category: 'newsletter',
    weigh: ({ isBulk, isDiscussion, mail }) =>
      when(
        isBulk && !isDiscussion && !mail.headers.has('list-unsubscribe'),
        0.5,
        'was sent to a list',
      ),
  },
  {
    category: 'newsletter',
    weigh: ({ mail, said, isReply }) =>
      isReply
        ? undefined
        : quoted(
            phrases.newsletter.exec(`${mail.from.name.toLowerCase()}\n${said.slice(0, 700)}`),
            0.6,
            'calls itself a periodical',
          ),
  },
  {
    category: 'notification',
    weigh: ({ mail, isAutomated }) =>
      when(isAutomated, 1.1, `was sent by a program (${mail.from.address || 'no sender'})`),
  },
  {
    category: 'notification',
    weigh: ({ said, isAutomated, isDiscussion }) =>
      isDiscussion && !isAutomated
        ? undefined
        : quoted(phrases.notification.exec(said), isAutomated ? 1.2 : 0.4, 'reports an event'),
  },
  {
    category: 'notification',
    weigh: ({ said, isAutomated }) =>
      isAutomated ? quoted(phrases.account.exec(said), 0.6, 'tells of an account') : undefined,
  },
  {
    category: 'waiting',
    weigh: (facts) =>
      facts.isBulk && !facts.isReply
        ? undefined
        : quoted(phrases.waiting.exec(facts.said), 1.2, 'an answer is promised'),
  },
  {
    category: 'fyi',
    weigh: ({ said }) => quoted(phrases.fyi.exec(said), 1.6, 'says it only informs'),
  },
  {
    category: 'fyi',
    weigh: ({ isDiscussion }) =>
      when(isDiscussion, 1.1, 'is part of a discussion on a mailing list'),
  },
  {
    category: 'fyi',
    weigh: (facts) =>
      when(
        isPersonal(facts) &&
          facts.ownText.length > (facts.isReply ? 0 : 8) &&
          !asksSomething(facts),
        1,
        'comes from a person and asks nothing',
      ),
  },
  {
    category: 'fyi',
    weigh: (facts) =>
      when(facts.isKnown && isPersonal(facts) && !asksSomething(facts), 0.3, 'the sender is known'),
  },
  { category: 'to-reply', weigh: weighAsk },
  {
    category: 'to-reply',
    weigh: (facts) =>
      when(
        isPersonal(facts) && facts.isReply && asksSomething(facts),
        0.3,
        'goes on with a conversation',
      ),
  },
];

function weighPhishing({
  phishing,
  isKnown,
  isDiscussion,
  authenticity,
}: Facts): Evidence | undefined {
  const mayBeDeceiver = !isDiscussion && (!isKnown || authenticity === 'refuted');
  const weight = phishing.reduce((sum, sign) => sum + sign.weight, 0);
  // One sign alone happens to honest senders; it takes two, and then all else is what deceivers write too.
  return weight >= (mayBeDeceiver ? phishingCut : 2 * phishingCut)
    ? { weight: weight + 2 }
    : undefined;
}

/** The signs of phishing speak as reasons, their weight is counted together. */
function explainedSigns(): Rule[] {
  return [0, 1, 2, 3].map((at) => ({
    category: 'phishing',
    weigh: ({ phishing }) =>
      phishing[at] ? { weight: 0, reason: phishing[at].reason } : undefined,
  }));
}

function weighReceipt(facts: Facts): Evidence | undefined {
  const { said, mail, question } = facts;
  const word = facts.isDiscussion ? null : phrases.receipt.exec(said);
  if (!word) return undefined;
  const asks = isPersonal(facts) && asksSomething(facts);
  // Who asks about an invoice sends none; what is said begins with the subject.
  const isInSubject =
    word.index < mail.subject.length && !(isPersonal(facts) && question !== undefined);
  const hasAmount = phrases.amount.test(said);
  const weight = (asks ? 0.5 : 0.9) + (hasAmount ? 0.7 : 0) + (isInSubject ? 0.6 : 0);
  const reason = `speaks of a purchase: “${shorten(word[0])}”${hasAmount ? ', and names an amount' : ''}`;
  return { weight, reason };
}

function weighAsk(facts: Facts): Evidence | undefined {
  if (!isPersonal(facts)) return undefined;
  const asked =
    facts.actions.find(({ confidence }) => confidence >= sureAction)?.sentence ?? facts.question;
  if (asked === undefined) return undefined;
  return {
    weight: 1.4,
    reason: `asks you${asked.endsWith('?') ? ' a question' : ''}: “${shorten(asked)}”`,
  };
}

/** Asks its reader for something: a question, or a sentence that is surely a request. */
export function asksSomething({ actions, question }: Facts): boolean {
  return question !== undefined || actions.some(({ confidence }) => confidence >= sureAction);
}

function isPersonal({ isBulk, isAutomated, isDiscussion }: Facts): boolean {
  return !isBulk && !isAutomated && !isDiscussion;
}

function when(isTrue: boolean, weight: number, reason: string): Evidence | undefined {
  return isTrue ? { weight, reason } : undefined;
}

function quoted(
  match: RegExpExecArray | null,
  weight: number,
  reason: string,
): Evidence | undefined {
  return match ? { weight, reason: `${reason}: “${shorten(match[0])}”` } : undefined;
}

/** A quote for a reason. */
export function shorten(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > 90 ? `${flat.slice(0, 89)}…` : flat;
}
