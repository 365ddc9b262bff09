import type { ActionItem } from '../actions/action-items.ts';
import { domainOf } from '../mail/addresses.ts';
import type { Mail } from '../mail/mail.ts';
import { findPhishingSigns, type PhishingSign } from './phishing.ts';

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
  /** The first sentence that ends in a question mark. */
  readonly question: string | undefined;
  /** Sent to many at once. */
  readonly isBulk: boolean;
  /** A discussion list: people write, many read. */
  readonly isDiscussion: boolean;
  /** Written by a program. */
  readonly isAutomated: boolean;
  readonly isReply: boolean;
}

/** What was found in a mail before its facts. */
export interface FoundBefore extends Pick<Facts, 'ownText' | 'spamScore' | 'actions'> {
  /** Of the own text. */
  readonly sentences: readonly string[];
}

const automatedSender =
  /^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|notifications?|alerts?|mailer-daemon|postmaster|bounces?|cron|root|daemon|builds?|ci|jira|system|automated|noreply.*|service|support-bot)(?:[+-].*)?@/;

/** Finds what a mail is told by. */
export function findFacts(
  mail: Mail,
  { ownText, sentences, spamScore, actions }: FoundBefore,
): Facts {
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
    mail,
    ownText,
    said: `${subject}\n${ownText.slice(0, 4000)}`.toLowerCase(),
    spamScore,
    phishing: findPhishingSigns(mail, ownText),
    actions,
    question: sentences.find((sentence) => sentence.length > 8 && sentence.endsWith('?')),
    isBulk:
      headers.has('list-unsubscribe') ||
      precedence === 'bulk' ||
      headers.has('list-id') ||
      headers.has('feedback-id'),
    isDiscussion,
    isAutomated:
      (autoSubmitted !== '' && autoSubmitted !== 'no') ||
      automatedSender.test(from.address) ||
      domainOf(from.address) === '',
    isReply,
  };
}
