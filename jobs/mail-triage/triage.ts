import { type ActionItem, findActionItems } from './actions/action-items.ts';
import { splitSentences } from './actions/sentences.ts';
import { findLanguage } from './mail/language.ts';
import { type Mail, parseMail } from './mail/mail.ts';
import { stripQuotes } from './mail/own-text.ts';
import { nobody, type People } from './people/people.ts';
import { judgeCategory } from './sorting/category.ts';
import { type Facts, findFacts } from './sorting/facts.ts';
import type { Category, Judgement, Priority } from './sorting/judgement.ts';
import { judgePriority } from './sorting/priority.ts';
import type { FeatureCounts } from './spam/counts.ts';
import { findTellingWords, scoreSpam, sureSpamCut } from './spam/spam-classifier.ts';
import type { Role } from './threads/settle.ts';

/** On a list only a request this clear is taken as one to the reader. */
const sureOfList = 0.9;

/** A mail with all that was found in it. */
export interface TriagedMail {
  readonly mail: Mail;
  readonly ownText: string;
  readonly language: string;
  readonly category: Judgement<Category>;
  readonly priority: Judgement<Priority>;
  readonly actions: readonly ActionItem[];
  readonly spamScore: number;
  readonly role: Role;
}

/** What mails are judged by. */
export interface Judge {
  readonly counts: FeatureCounts;
  readonly now: Date;
  /** Nobody is known where it is left out. */
  readonly people?: People;
}

/** Reads and judges the raw bytes of one mail. Pure, and never throws: a broken mail has findings. */
export function triageMail(bytes: Uint8Array, judge: Judge): TriagedMail {
  return judgeMail(parseMail(bytes), judge);
}

/** Judges a mail that was read, by itself: its conversation is not looked at. */
export function judgeMail(mail: Mail, { counts, now, people = nobody }: Judge): TriagedMail {
  const ownText = stripQuotes(mail.text);
  const language = findLanguage(ownText);
  const spamScore = scoreSpam(mail, counts);
  const sentences = splitSentences(ownText);
  // Sure spam asks for nothing that anybody should do.
  const found =
    spamScore >= sureSpamCut
      ? []
      : findActionItems(sentences, { written: mail.date ?? now, language });
  const facts = findFacts(mail, { ownText, sentences, spamScore, actions: found, people });
  const judged = judgeCategory(facts);
  const category =
    judged.answer === 'spam'
      ? explainSpam(judged, findTellingWords(mail, { counts, most: 4 }))
      : judged;
  const actions = keepActions(found, { facts, category: category.answer });
  const priority = judgePriority(facts, { category: category.answer, now });
  return { mail, ownText, language, category, priority, actions, spamScore, role: roleOf(facts) };
}

/** What is asked of everybody is not asked of the reader, and what a deceiver asks is nothing to do. */
function keepActions(
  found: readonly ActionItem[],
  { facts, category }: { facts: Facts; category: Category },
): readonly ActionItem[] {
  // A delivery report quotes what its reader asked of somebody else.
  if (facts.isOwn || roleOf(facts) === 'bounce') return [];
  if (['spam', 'phishing', 'marketing', 'newsletter', 'cold'].includes(category)) return [];
  if (facts.isDiscussion || facts.isBulk)
    return found.filter(({ confidence }) => confidence >= sureOfList);
  return found;
}

function roleOf({ isOwn, isAutomated, mail }: Facts): Role {
  if (isOwn) return 'owner';
  if (mail.contentTypes.includes('message/delivery-status')) return 'bounce';
  return isAutomated ? 'program' : 'person';
}

function explainSpam(judged: Judgement<Category>, words: readonly string[]): Judgement<Category> {
  if (words.length === 0) return judged;
  return {
    ...judged,
    reasons: [
      ...judged.reasons,
      `words that spam uses: ${words.map((word) => `“${word}”`).join(', ')}`,
    ],
  };
}
