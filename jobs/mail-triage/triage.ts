import { type ActionItem, findActionItems } from './actions/action-items.ts';
import { splitSentences } from './actions/sentences.ts';
import { findLanguage } from './mail/language.ts';
import { type Mail, parseMail } from './mail/mail.ts';
import { stripQuotes } from './mail/own-text.ts';
import { judgeCategory } from './sorting/category.ts';
import { type Facts, findFacts } from './sorting/facts.ts';
import type { Category, Judgement, Priority } from './sorting/judgement.ts';
import { judgePriority } from './sorting/priority.ts';
import type { FeatureCounts } from './spam/counts.ts';
import { findTellingWords, scoreSpam, sureSpamCut } from './spam/spam-classifier.ts';

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
}

/** Reads and judges the raw bytes of one mail. Pure, and never throws: a broken mail has findings. */
export function triageMail(
  bytes: Uint8Array,
  { counts, now }: { counts: FeatureCounts; now: Date },
): TriagedMail {
  const mail = parseMail(bytes);
  const ownText = stripQuotes(mail.text);
  const language = findLanguage(ownText);
  const spamScore = scoreSpam(mail, counts);
  const sentences = splitSentences(ownText);
  // Sure spam asks for nothing that anybody should do.
  const found =
    spamScore >= sureSpamCut
      ? []
      : findActionItems(sentences, { written: mail.date ?? now, language });
  const facts = findFacts(mail, { ownText, sentences, spamScore, actions: found });
  const judged = judgeCategory(facts);
  const category =
    judged.answer === 'spam'
      ? explainSpam(judged, findTellingWords(mail, { counts, most: 4 }))
      : judged;
  const actions = keepActions(found, { facts, category: category.answer });
  const priority = judgePriority(facts, { category: category.answer, now });
  return { mail, ownText, language, category, priority, actions, spamScore };
}

/** What is asked of everybody is not asked of the reader, and what a deceiver asks is nothing to do. */
function keepActions(
  found: readonly ActionItem[],
  { facts, category }: { facts: Facts; category: Category },
): readonly ActionItem[] {
  if (['spam', 'phishing', 'marketing', 'newsletter', 'cold'].includes(category)) return [];
  if (facts.isDiscussion || facts.isBulk)
    return found.filter(({ confidence }) => confidence >= sureOfList);
  return found;
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
