import type { Mail } from '../mail/mail.ts';
import type { FeatureCounts } from './counts.ts';
import { type FeatureGroup, featureGroups } from './feature-set.ts';
import { listFeatures, listWords } from './features.ts';
import { combineScores, isTelling, scoreFeature } from './fisher.ts';

/** How much each group's evidence counts; fitted once by logistic regression over mails left out of training, rounded. */
const groupWeights: Record<FeatureGroup, number> = {
  received: 1.6,
  addresses: 1.3,
  subject: 1,
  words: 1.4,
  pairs: 1.1,
  links: 1.5,
  shape: 0.5,
  headers: 0.9,
};
/** Ham looks more like ham than spam looks like spam; this evens it out so that 0.5 is the cut. */
const bias = 0.4;
const evidencePerUnit = 3;

/** From here a mail is called spam. */
export const spamCut = 0.5;
/** From here it is likely enough that little else can speak against it. */
export const likelySpamCut = 0.9;
/** From here it is surely spam: at most 1 ham in 2,000 lies above. */
export const sureSpamCut = 0.98;

/** The chance that a mail is spam, 0 … 1, by what was counted so far. */
export function scoreSpam(mail: Mail, counts: FeatureCounts): number {
  const features = listFeatures(mail);
  const mails = counts.mails();
  let evidence = bias;
  for (const group of featureGroups) {
    const scores: number[] = [];
    for (const hash of features.hashes(group)) {
      const seen = counts.seen(hash);
      if (!seen) continue;
      const score = scoreFeature(seen, mails);
      if (isTelling(score)) scores.push(score);
    }
    evidence += (groupWeights[group] * combineScores(scores)) / evidencePerUnit;
  }
  return 1 / (1 + Math.exp(-evidence));
}

/** An explanation need not read all of a long mail. */
const explainedChars = 500;

/** The words and pairs of words in a mail that speak most for spam, strongest first. */
export function findTellingWords(
  mail: Mail,
  { counts, most }: { counts: FeatureCounts; most: number },
): string[] {
  const texts = new Map<number, string>();
  const note = (hash: number, text: string) => texts.set(hash, text);
  const features = listWords(mail, { chars: explainedChars, note });
  const mails = counts.mails();
  return (['subject', 'words', 'pairs'] as const)
    .flatMap((group) => [...features.hashes(group)])
    .map((hash) => ({ hash, seen: counts.seen(hash) }))
    .filter(({ seen }) => seen && seen.spam >= 5 && scoreFeature(seen, mails) > 0.95)
    .sort((a, b) => b.seen!.spam - a.seen!.spam)
    .map(({ hash }) => texts.get(hash)!)
    .filter((text) => /^[a-z][a-z' ]{3,}[!]*$/i.test(text))
    .slice(0, most);
}
