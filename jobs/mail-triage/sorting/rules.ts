import { likelySpamCut, spamCut, sureSpamCut } from '../spam/spam-classifier.ts';
import type { Facts } from './facts.ts';
import type { Category } from './judgement.ts';

interface Evidence {
  readonly weight: number;
  readonly reason?: string;
}

/** One piece of evidence for one category. */
export interface Rule {
  readonly category: Exclude<Category, 'unsure'>;
  weigh(facts: Facts): Evidence | undefined;
}

const phrases = {
  receipt:
    /\b(?:receipt|invoice|order (?:confirmation|#|no)|your order|payment (?:received|confirmation)|thank you for your (?:order|purchase|payment)|rechnung|quittung|bestellbestätigung|ihre bestellung|zahlungseingang|facture|votre commande|reçu de paiement|factura|recibo|su pedido|tu pedido)\b/i,
  amount:
    /(?:[$€£¥]|\b(?:usd|eur|gbp|chf)) ?\d[\d.,]*|\d[\d.,]* ?(?:[$€£]|\b(?:usd|eur|gbp|chf|euros?)\b)/i,
  calendarSubject:
    /^(?:(?:re|aw): )?(?:updated )?(?:invitation|einladung|invitación|accepted|declined|tentative|canceled|cancelled event|zugesagt|abgesagt|reminder: .*@|event)\b.{0,4}[:@]/i,
  newsletter:
    /\b(?:newsletter|weekly|digest|monthly|this week in|issue (?:#|no)? ?\d+|edition|roundup|rundbrief|wochenrückblick|infolettre|boletín)\b/i,
  marketing:
    /\b(?:\d{1,2} ?% (?:off|rabatt|de descuento|de réduction)|sale|discount|coupon|promo(?:tion)? code|free shipping|limited[- ]time|shop now|buy now|save (?:up to )?[$€£]?\d+|last chance|black friday|angebot|rabatt|gutschein|soldes|promotion|oferta|descuento)\b/i,
  cold: /\b(?:i (?:came across|stumbled upon|found) your|(?:quick|brief|15[- ]min(?:ute)?) (?:call|chat)|reaching out|hop on a call|book a (?:demo|call|slot)|grow your|boost your|our (?:services|solution|agency|platform) (?:help|can|has)|would you be (?:open|interested)|i noticed (?:that )?your|circling back|increase your (?:sales|revenue|traffic))\b/i,
  waiting:
    /\b(?:(?:i|we)(?:'ll| will) (?:get back|come back|let you know|follow up|look into|reply|respond|send (?:you|it|them))|(?:we have|we've) received your (?:request|message|application|inquiry)|(?:is|are) (?:being (?:reviewed|processed)|under review)|working on it|bear with us|ich melde mich|wir melden uns|je (?:vous|te) (?:tiens|recontacte|réponds)|nous reviendrons vers vous|te aviso|le avisaremos)\b/i,
  fyi: /\b(?:fyi|for your information|just (?:so you know|a heads[- ]up|to let you know)|heads[- ]up|no (?:action|reply|response) (?:is )?(?:needed|required|necessary)|zur (?:info|kenntnis(?:nahme)?)|pour (?:info|information)|para (?:tu|su) información)\b/i,
  notification:
    /\b(?:build (?:failed|passed|succeeded)|pull request|merge request|assigned to you|mentioned you|commented on|new (?:sign-?in|login)|password (?:was |has been )?(?:changed|reset)|has shipped|out for delivery|delivered|alert:|\[alert\]|backup (?:failed|completed)|disk (?:space|usage)|certificate|your (?:code|verification code) is|security code|reminder|undeliver(?:ed|able)|delivery (?:status|failed)|sendungsverfolgung|wurde (?:versandt|zugestellt)|a été expédiée?|ha sido enviado)\b/i,
};

/** Only this much surer than a coin toss, an action counts as a question to the reader. */
const sureAction = 0.7;

/** What speaks for which category, and how much; weighed by hand, each with its reason in words. */
export const rules: readonly Rule[] = [
  { category: 'phishing', weigh: weighPhishing },
  ...explainedSigns(),
  { category: 'spam', weigh: weighSpam },
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
        phrases.calendarSubject.test(mail.subject),
        1.2,
        'the subject is that of an invitation or its answer',
      ),
  },
  {
    category: 'receipt',
    weigh: ({ said }) => quoted(phrases.receipt.exec(said), 0.9, 'speaks of a purchase'),
  },
  {
    category: 'receipt',
    weigh: ({ said }) => {
      const amount = phrases.receipt.test(said) ? phrases.amount.exec(said) : null;
      return quoted(amount, 0.7, 'names an amount');
    },
  },
  {
    category: 'receipt',
    weigh: ({ mail }) =>
      when(phrases.receipt.test(mail.subject), 0.6, 'the subject names an order or invoice'),
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
    weigh: ({ said, isReply, isDiscussion }) =>
      isReply || isDiscussion
        ? undefined
        : quoted(phrases.marketing.exec(said), 0.8, 'wants to sell'),
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
            phrases.newsletter.exec(`${mail.subject} ${mail.from.name} ${said.slice(0, 600)}`),
            0.6,
            'calls itself a periodical',
          ),
  },
  {
    category: 'notification',
    weigh: ({ mail, isAutomated }) =>
      when(isAutomated, 1, `was sent by a program (${mail.from.address || 'no sender'})`),
  },
  {
    category: 'notification',
    weigh: ({ said, isAutomated }) =>
      quoted(phrases.notification.exec(said), isAutomated ? 0.8 : 0.4, 'reports an event'),
  },
  {
    category: 'cold',
    weigh: ({ said, isReply, isBulk }) => (isReply || isBulk ? undefined : weighCold(said)),
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
        isPersonal(facts) && facts.ownText.length > 20 && !asksSomething(facts),
        1,
        'comes from a person and asks nothing',
      ),
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

function weighPhishing({ phishing }: Facts): Evidence | undefined {
  const weight = phishing.reduce((sum, sign) => sum + sign.weight, 0);
  // One sign alone happens to honest senders; it takes two.
  return weight >= 2 ? { weight: weight + 1 } : undefined;
}

/** The signs of phishing speak as reasons, their weight is counted together. */
function explainedSigns(): Rule[] {
  return [0, 1, 2, 3].map((at) => ({
    category: 'phishing',
    weigh: ({ phishing }) =>
      phishing[at] ? { weight: 0, reason: phishing[at].reason } : undefined,
  }));
}

/** Between the cuts spam is a suspicion: enough to be unsure, not enough to decide. */
function weighSpam({ spamScore, isReply }: Facts): Evidence | undefined {
  if (spamScore < spamCut) return undefined;
  const reason = `reads like spam (${Math.floor(100 * spamScore)} %)`;
  if (spamScore >= sureSpamCut) return { weight: 3, reason };
  return { weight: spamScore >= likelySpamCut && !isReply ? 1.6 : 0.8, reason };
}

function weighCold(said: string): Evidence | undefined {
  const hits = said.match(new RegExp(phrases.cold, 'gi')) ?? [];
  if (hits.length === 0) return undefined;
  return {
    weight: Math.min(2, 0.9 + 0.4 * hits.length),
    reason: `a stranger's offer: “${hits[0]}”`,
  };
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

function isPersonal({ isBulk, isAutomated, isDiscussion }: Facts): boolean {
  return !isBulk && !isAutomated && !isDiscussion;
}

function asksSomething({ actions, question }: Facts): boolean {
  return question !== undefined || actions.some(({ confidence }) => confidence >= sureAction);
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

function shorten(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > 90 ? `${flat.slice(0, 89)}…` : flat;
}
