import type { ActionItem } from '../actions/action-items.ts';
import { isQuestion } from '../actions/sentences.ts';
import { domainOf } from '../mail/addresses.ts';
import type { Mail } from '../mail/mail.ts';
import type { People } from '../people/people.ts';
import { sureSpamCut } from '../spam/spam-classifier.ts';
import { findAuthenticity } from './authenticity.ts';
import { findPhishingSigns } from './phishing.ts';
import type { PhishingSign } from './phishing-asks.ts';

/** What the rules of the categories look at, found once per mail. */
export interface Facts {
  readonly mail: Mail;
  /** Without quotes and signature. */
  readonly ownText: string;
  /** Subject and the beginning of the own text, in lower case. */
  readonly said: string;
  readonly spamScore: number;
  readonly phishing: readonly PhishingSign[];
  readonly actions: readonly ActionItem[];
  /** The first sentence that is a question. */
  readonly question: string | undefined;
  /** Sent to many at once. */
  readonly isBulk: boolean;
  /** A discussion list: people write, many read. */
  readonly isDiscussion: boolean;
  /** Written by a program. */
  readonly isAutomated: boolean;
  /** Sent by an office or a shop, not by a person: `orders@`, `news@`. */
  readonly isRole: boolean;
  readonly isReply: boolean;
  /** The mailbox's owner wrote it. */
  readonly isOwn: boolean;
  /** The owner wrote to the sender before, or they work together. */
  readonly isKnown: boolean;
  /** The owner is known, and has nothing to do with the sender so far. */
  readonly isStranger: boolean;
  readonly authenticity: 'proven' | 'refuted' | undefined;
}

/** What was found in a mail before its facts. */
export interface FoundBefore extends Pick<Facts, 'ownText' | 'spamScore' | 'actions'> {
  readonly people: People;
  /** Of the own text. */
  readonly sentences: readonly string[];
}

const automatedSender =
  /^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|notifications?|notify|alerts?|alarm|monitor(?:ing)?|status|tracking|mailer-daemon|postmaster|bounces?|cron|root|daemon|builds?|ci|jira|system|automated|noreply.*|service|support-bot)(?:[+-].*)?@/;
const roleSender =
  /^(?:billing|invoices?|accounts?|orders?|receipts?|payments?|sales|shop|store|tickets?|bookings?|reservations?|reservas|rechnung(?:en)?|buchhaltung|bestellung(?:en)?|facturation|commandes?|facturacion|facturas?|pedidos|fatture|ordini|news|newsletter|boletim|boletin|rundbrief|digest|editor|redaktion|offers?|offres|ofertas|angebote|deals|promo(?:tions?)?|marketing|events?|webinars?|hello|info|mailing|updates?|team|kundenservice)(?:[+.-].*)?@/;

/** What a mail is about stands at its beginning. */
const saidChars = 2500;

/** Finds what a mail is told by. */
export function findFacts(mail: Mail, found: FoundBefore): Facts {
  const { ownText, sentences, spamScore, actions, people } = found;
  const { from, subject } = mail;
  const authenticity = findAuthenticity(mail);
  const isOwn =
    people.owner !== undefined &&
    from.address === people.owner &&
    authenticity !== 'refuted' &&
    spamScore < sureSpamCut;
  const isKnown = isOwn || people.isKnown(from.address);
  const form = findForm(mail);
  const said = `${subject}\n${ownText.slice(0, saidChars)}`.toLowerCase();
  return {
    mail,
    ownText,
    said,
    spamScore,
    phishing: isOwn
      ? []
      : findPhishingSigns(mail, {
          said,
          people,
          authenticity,
          isTrusted: isKnown || form.isDiscussion,
        }),
    actions,
    question: sentences.find(isQuestion),
    ...form,
    isOwn,
    isKnown,
    isStranger: people.owner !== undefined && !isKnown,
    authenticity,
  };
}

function findForm(mail: Mail) {
  const { headers, from, subject } = mail;
  const precedence = headers.get('precedence').toLowerCase();
  const isReply = mail.inReplyTo !== '' || mail.references.length > 0;
  const isList =
    headers.has('list-id') || headers.has('mailing-list') || headers.has('list-unsubscribe');
  const isDiscussion =
    headers.has('list-post') ||
    precedence === 'list' ||
    (isList && (isReply || /^(?:re: ?)?\[[^\]]+\]/i.test(subject)));
  const autoSubmitted = headers.get('auto-submitted').toLowerCase();
  return {
    isBulk:
      headers.has('list-unsubscribe') ||
      precedence === 'bulk' ||
      headers.has('list-id') ||
      headers.has('feedback-id'),
    isDiscussion,
    isAutomated:
      (autoSubmitted !== '' && autoSubmitted !== 'no') ||
      /^auto[-_]?reply/.test(precedence) ||
      headers.has('x-autoreply') ||
      automatedSender.test(from.address) ||
      domainOf(from.address) === '',
    isRole: roleSender.test(from.address),
    isReply,
  };
}
